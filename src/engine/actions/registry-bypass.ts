import {inputParser} from '../../domain/incident/inputs.ts';
import {bypassLines} from '../../domain/plan/cache-remedies.ts';
import type {ActionContext, ActionNamed} from './action.ts';

/** Shows how hosts pull without a pull-through cache. It changes nothing: what to change is on other machines. */
export const registryBypass: ActionNamed<'registry.bypass'> = {
	name: 'registry.bypass',
	parse: inputParser('registry.bypass'),
	effect: 'write',
	inputs: {image: {required: true, about: 'the image reference'}},
	outcomes: {shown: 'the lines were shown; a person changes them'},
	provides: {},
	success: ['shown'],
	sparesImage: true,
	besideCleaners: true,

	async gate({image}, context) {
		return {
			target: image.host,
			changes: [{kind: 'bypass', cache: image.host, lines: linesOf(context)}],
			undo: 'Write the lines again.',
			phrase: 'bypass',
		};
	},

	async run(_inputs, context) {
		const lines = linesOf(context);
		for (const line of lines) {
			context.log(line);
		}

		return {outcome: 'shown', output: {}, say: `Nothing was changed. On the hosts that pull: ${lines.join('; ')}.`};
	},

	async reconcile() {
		return {kind: 'done', outcome: 'shown', output: {}, say: 'Nothing was changed.'};
	},
};

function linesOf({ports: {registry}, settings}: ActionContext): string[] {
	const {host} = registry;
	return bypassLines(host, `${settings.plainHttp ? 'http' : 'https'}://${host}`);
}

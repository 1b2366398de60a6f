import {inputParser} from '../../domain/incident/inputs.ts';
import type {OutputValues} from '../../domain/incident/outputs.ts';
import {judgeRepair} from '../../domain/plan/judge-repair.ts';
import {titleOf} from '../../domain/plan/row-title.ts';
import type {ActionNamed} from './action.ts';
import {checkPlanned} from './check-planned.ts';
import {beginLook} from './look-at-all.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/**
 * Checks what a plan repaired, and nothing else: the image is verified by `registry.verify-all`, whose look at the disk and at every tag
 * begins here, and goes on behind the steps between. It only reads, over new connections.
 */
export const registryVerifyPlanned: ActionNamed<'registry.verify-planned'> = {
	name: 'registry.verify-planned',
	parse: inputParser('registry.verify-planned'),
	effect: 'read',
	inputs: {},
	outcomes: {
		intact: 'every image of the plan is intact; the rest of the registry is not looked at yet',
		broken: 'an image of the plan is still damaged, or waits for the next plan',
		unknown: 'an image of the plan could not be checked',
		refused: 'the registry or the host refused the request',
		unreachable: 'the registry or the host does not respond',
	},
	provides: {
		verdict: 'broken or unknown, of all that was damaged: the look at every tag is not over',
		images: 'one row for each image that was damaged',
		fresh: 'none: damaged images that no plan knew are found by the look',
		gaps: 'what was not looked at yet',
		followUps: 'one line for each image that is not what it was',
	},
	bare: ['refused', 'unreachable'],
	success: [],
	shows: 'verdict',
	proves: [],
	outcomeOf: refusedOrUnreachable,

	async run(_, context) {
		const rest = context.ports.storage === undefined ? 'every tag' : 'the disk and every tag';
		const stillLooking = `the look at ${rest.replace(' and ', ' and at ')} is still running`;
		const checked = await checkPlanned(context);
		// What was left is as damaged as it was, until the look tells.
		const left = checked.flatMap(({image}) => (image.item === undefined ? [image.damaged] : []));
		const {outcome, say, verdict, gaps, ...judged} = judgeRepair(checked, {images: left, gaps: []}, titleOf);
		for (const {title, say: how} of judged.images) {
			context.log(`${title}: ${how}`);
		}

		const isIntact = outcome === 'intact' || outcome === 'left';
		if (isIntact) {
			beginLook(context, checked);
		}

		return {
			outcome: isIntact ? 'intact' : outcome,
			output: {
				...judged,
				verdict: isIntact ? 'unknown' : verdict,
				gaps: [
					...gaps,
					isIntact ? stillLooking : `${rest} ${context.ports.storage === undefined ? 'was' : 'were'} not looked at`,
				],
			} satisfies OutputValues<'registry.verify-planned'>,
			say: isIntact ? `${say.replace(/\.$/, '')}: every byte was read. Not over: ${stillLooking}.` : say,
		};
	},
};

import {servingSince} from '../../domain/audit/registries/serving-store.ts';
import {defined} from '../../domain/defined.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {sayDuration} from '../../domain/text/time.ts';
import type {Storage} from '../ports/storage.ts';
import type {ActionContext, ActionNamed, ActionResult} from './action.ts';
import {awaitRegistry, respondingAddresses} from './await-registry.ts';
import {refusedOrUnreachable} from './outcomes.ts';

const linesShown = 3;
const charactersShown = 600;

/** Restarts the registry: a running one has blobs in memory that a garbage collection took. @see distribution/distribution#4269 */
export const registryRestart: ActionNamed<'registry.restart'> = {
	name: 'registry.restart',
	parse: inputParser('registry.restart'),
	effect: 'write',
	inputs: {
		image: {required: false, about: 'the image reference that the registry is asked for afterwards'},
		since: {
			required: false,
			about: 'of an item of a plan: when the disk was read, in seconds since 1970 by the clock of the host',
		},
	},
	outcomes: {
		restarted: 'the command succeeded, and the registry responds',
		failed: 'the command failed, or the registry does not respond after it',
		unavailable: 'no restart command is configured',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {},
	success: ['restarted'],
	outcomeOf: refusedOrUnreachable,

	async gate(_inputs, {ports}) {
		return {
			target: ports.storage?.place ?? 'the registry',
			changes: [{kind: 'restart', ...defined({command: ports.storage?.restartCommand})}],
			undo: 'None is needed: a restart changes nothing that is stored.',
			phrase: 'restart the registry',
		};
	},

	async precondition({since}, {ports: {storage}, signal}) {
		const started = storage && since != null ? servingSince(await storage.maintenance({signal})) : undefined;
		return started !== undefined && started > since!
			? {kind: 'already-whole', say: 'The registry was restarted since the plan was made.'}
			: {kind: 'holds'};
	},

	async run({image}, context) {
		const {storage} = context.ports;
		if (storage?.restartCommand === undefined) {
			return {outcome: 'unavailable', output: {}, say: 'No restart command is configured.'};
		}

		const addresses = await respondingAddresses(context);
		const {exitCode, output} = await storage.restart(context);
		context.log(output);
		if (exitCode !== 0) {
			return failed(`The restart command failed with exit code ${exitCode}.`, output, context);
		}

		const answer = await awaitRegistry(image ?? undefined, addresses, context);
		if (answer.state === 'responds') {
			const after = answer.milliseconds < 1_000 ? '' : `, after ${sayDuration(answer.milliseconds)}`;
			return {
				outcome: 'restarted',
				output: {},
				say: `The registry was restarted. It responds${addresses.length === 0 ? '' : `, also as ${addresses.map(({host}) => host).join(', ')}`}${after}.`,
			};
		}

		return failed(
			`The restart command succeeded, and the registry did not respond within ${sayDuration(answer.milliseconds)}: ${answer.why}`,
			(await readLog(storage, context)) ?? output,
			context,
		);
	},

	async reconcile() {
		return {
			kind: 'unknown',
			say: 'The host keeps no record of the restart. Look at the registry, then record the outcome by hand.',
		};
	},
};

/** The end of what the host said goes into the result: it usually names the reason. */
function failed(what: string, output: string, {ports: {secrets}}: ActionContext): ActionResult<Record<string, never>> {
	const lines = secrets
		.redact(output, {before: true})
		.split(/\r?\n/)
		.map(line => line.trim())
		.filter(Boolean)
		.slice(-linesShown);
	const last = lines.join(' / ').slice(-charactersShown);
	const say = last === '' ? what : `${what} Its last lines: ${last}`;
	return {
		outcome: 'failed',
		output: {},
		say,
		problem: {
			code: 'storage.restart',
			message: say,
			hint: 'Correct that on the host, then restart the registry again: a registry that was not restarted still answers from memory.',
		},
	};
}

/** Undefined: the host has no log that is known how to read, or could not read it, which says nothing about the restart. */
async function readLog(storage: Storage, context: ActionContext): Promise<string | undefined> {
	const text = await storage.restartLog(context).catch(() => {
		context.signal.throwIfAborted();
		return undefined;
	});
	if (text !== undefined) {
		context.log(text);
	}

	return text?.trim() === '' ? undefined : text;
}

import {asOperatorError, OperatorError} from '../../domain/errors.ts';
import type {Hold} from '../../domain/hold/hold.ts';
import type {NextStart} from '../../domain/hold/next-starts.ts';
import {commandOf, placeOf, sayWaitedFor, undoOf} from '../../domain/hold/say-hold.ts';
import {inputParser} from '../../domain/incident/inputs.ts';
import {lookAtHost} from '../scan/between-looks.ts';
import type {ActionContext, ActionNamed} from './action.ts';
import {refusedOrUnreachable} from './outcomes.ts';

/** What is typed where a person has done it by hand. */
const doneByHand = 'done';

/**
 * Keeps the next cleaner from starting: a timer, a service or a container is stopped; a line of a crontab is commented out by
 * hand, and looked at afterwards. Nothing that works at this moment is stopped.
 */
export const storageSuspend: ActionNamed<'storage.suspend'> = {
	name: 'storage.suspend',
	parse: inputParser('storage.suspend'),
	effect: 'write',
	inputs: {next: {required: true, about: 'the next start, as storage.hold provides it'}},
	outcomes: {
		suspended: 'it does not start any more',
		failed: 'the command failed, or the host would still start it',
		refused: 'the host refused the login, or its key is not the known one',
		unreachable: 'the host does not respond',
	},
	provides: {suspended: 'what does not start any more', undo: 'how it is started again'},
	bare: ['failed', 'refused', 'unreachable'],
	success: ['suspended'],
	sparesImage: true,
	besideCleaners: true,
	outcomeOf: refusedOrUnreachable,

	async gate({next}, context) {
		const {suspend} = next;
		const hold = await look(context);
		refuseHalfWay(next, hold);
		if (!isPlanned(next, hold)) {
			throw new OperatorError('storage.suspend', `The host does not plan it any more: ${whatOf(next)}`, {
				hint: hold.gaps.length === 0 ? 'Nothing has to be suspended.' : `Not looked at: ${hold.gaps.join('; ')}.`,
				exit: 'failed',
			});
		}

		return {
			target: `${context.ports.storage?.place.split(':')[0] ?? 'the host'}, ${placeOf(next)}`,
			changes: [{kind: 'suspend', starts: next.line, suspend}],
			undo: undoOf(suspend),
			phrase: suspend.kind === 'command' ? commandOf(suspend) : doneByHand,
		};
	},

	async run({next}, context) {
		const {suspend} = next;
		if (suspend.kind === 'by-hand') {
			return endOf(next, await look(context));
		}

		// It may have begun while the gate was read.
		refuseHalfWay(next, await look(context));
		const {exitCode, output} = await context.ports.storage!.suspend(suspend, context);
		context.log(output);
		if (exitCode !== 0) {
			const [said = ''] = context.ports.secrets.redact(output, {before: true}).trim().split('\n').slice(-1);
			return failed(`${commandOf(suspend)} failed with exit code ${exitCode}: ${said}`);
		}

		return endOf(next, await lookAfter(context));
	},

	async reconcile({next}, context) {
		const hold = await look(context);
		if (isPlanned(next, hold)) {
			return {kind: 'not-done', say: 'The host would still start it.'};
		}

		return hold.gaps.length === 0
			? {kind: 'done', ...suspended(next, hold)}
			: {
					kind: 'unknown',
					say: `Not looked at: ${hold.gaps.join('; ')}. Look on the host yourself, then record the outcome by hand.`,
				};
	},
};

function endOf(next: NextStart, hold: Hold) {
	return isPlanned(next, hold) ? failed(`The host would still start it: ${whatOf(next)}`) : suspended(next, hold);
}

function failed(say: string) {
	const hint = 'Suspend it by hand on the host: as root, where this login may not.';
	return {outcome: 'failed', output: {}, say, problem: {code: 'storage.suspend' as const, message: say, hint}};
}

function suspended(next: NextStart, {gaps}: Hold) {
	const undo = undoOf(next.suspend);
	const unseen = gaps.length === 0 ? '' : ` Not looked at: ${gaps.join('; ')}.`;
	const say = `Suspended: ${whatOf(next)}.${unseen} To undo it: ${undo}`;
	return {outcome: 'suspended', output: {suspended: whatOf(next), undo}, say};
}

function whatOf(next: NextStart): string {
	return `${placeOf(next)}: ${next.line}`;
}

/** The number of its line is another once the crontab was edited. */
function isPlanned({file, line}: NextStart, {next}: Hold): boolean {
	return next.some(each => each.file === file && each.line === line);
}

/**
 * A timer that is stopped ends nothing that runs; a service or a container takes with it what works in it.
 * @throws OperatorError storage.working
 */
function refuseHalfWay({suspend}: NextStart, {running}: Hold): void {
	if (suspend.kind === 'by-hand' || suspend.name.endsWith('.timer')) {
		return;
	}

	const inside = suspend.program === 'systemctl' ? undefined : suspend.name;
	const working = running.filter(({container}) => container === inside);
	if (working.length > 0) {
		throw new OperatorError('storage.working', `This works at this moment: ${sayWaitedFor(working)}.`, {
			hint: 'Wait until it has ended: a collection that is killed half-way leaves links without data.',
			exit: 'failed',
		});
	}
}

async function look({ports: {storage, registry, clock}, signal}: ActionContext): Promise<Hold> {
	return lookAtHost(storage!, {now: () => clock.now().getTime(), host: registry.host, signal});
}

/** @throws OperatorError effect.unknown: the command has run, and the host can no longer be asked */
async function lookAfter(context: ActionContext): Promise<Hold> {
	try {
		return await look(context);
	} catch (error) {
		context.signal.throwIfAborted();
		const {message, hint} = asOperatorError(error);
		throw new OperatorError('effect.unknown', message, {hint, exit: 'indeterminate', cause: error});
	}
}

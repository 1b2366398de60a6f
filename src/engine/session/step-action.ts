import {defined} from '../../domain/defined.ts';
import type {OperatorError} from '../../domain/errors.ts';
import {type ImageReference, parseReference} from '../../domain/image/reference.ts';
import type {Happening, ItemStamp} from '../../domain/incident/event.ts';
import {
	approvedIn,
	currentVisit,
	type Incident,
	requestId,
	takenUp,
	type Visit,
} from '../../domain/incident/incident.ts';
import {type Item, itemRequestId} from '../../domain/incident/item.ts';
import {parseOutput} from '../../domain/incident/outputs.ts';
import {plannedImages} from '../../domain/incident/planned-images.ts';
import type {JsonObject} from '../../domain/json.ts';
import {itemStampOf} from '../../domain/machine/effects.ts';
import {corruptDigests, originalOf} from '../../domain/remedy/original.ts';
import {wasRebuilt} from '../../domain/remedy/rebuilt.ts';
import {findStep, type Step} from '../../domain/runbook/runbook.ts';
import {longestTimerMs} from '../../domain/text/time.ts';
import type {Action, ActionContext, Ports, Progress} from '../actions/action.ts';
import type {Journal} from '../ports/journal.ts';

/** Everything that carrying out one effect needs. */
export type EffectContext = {
	incident: Incident;
	journal: Journal;
	ports: Ports;
	actions: readonly Action[];
	signal: AbortSignal;
	/** Aborts with the session. */
	session: AbortSignal;
	/** `item`: of a plan; items that run at the same time do not share their lines. */
	live: {
		write(text: string, item?: string): void;
		progress(progress: Progress | undefined, item?: string): void;
		end(item?: string): void;
	};
	report(happening: Happening): Promise<void>;
};

/** `item`: the line of a plan that the action carries out. */
export type StepAction = {step: Step; action: Action; visit: Visit; item?: Item; title: string};

/** The step that an effect is about, its action and its visit. */
export function stepActionOf(effect: ItemStamp, {incident, actions}: EffectContext): StepAction {
	const step = findStep(incident.runbook, effect.step)!;
	const visit = currentVisit(incident)!;
	const item = visit.items?.find(({id}) => id === effect.item);
	return item
		? {step, visit, item, action: actionNamed(item.action, actions), title: item.title}
		: {step, visit, action: actionIn(step, actions)!, title: step.title};
}

/** The action of a step; undefined where a person does it. */
export function actionIn({does}: Step, actions: readonly Action[]): Action | undefined {
	return does.kind === 'action' ? actionNamed(does.action, actions) : undefined;
}

export function actionNamed(wanted: string, actions: readonly Action[]): Action {
	const action = actions.find(({name}) => name === wanted);
	if (!action) {
		throw new Error(`There is no action "${wanted}": a linted runbook names none that is missing.`);
	}

	return action;
}

/** The one place where the values of a step become the inputs of its action. @throws OperatorError runbook.value-invalid */
export function inputsOf({action, visit, item}: StepAction): unknown {
	return action.parse((item ?? visit).with);
}

/** The image that the values of a step or an item are about; undefined: they name none. */
export function imageOf({image}: JsonObject): ImageReference | undefined {
	return typeof image === 'string' ? parseReference(image) : undefined;
}

/** An item is about another image of the registry than the incident, with a pipeline and a build host of its own. */
function portsOf(item: Item, ports: Ports): Ports {
	const image = imageOf(item.with);
	return (image && ports.of?.(image).ports) ?? ports;
}

/** What an action is told about its visit. @param note keeps what is logged as evidence */
export function contextOf(
	effect: ItemStamp & {attach?: JsonObject},
	{step, action, visit, item}: StepAction,
	{incident, ports, signal, session, live, report}: EffectContext,
	note?: (text: string) => void,
): ActionContext {
	const attach = effect.attach
		? parseOutput(action.name, effect.attach)
		: item
			? undefined
			: takenUp(incident, effect)?.output;
	const earlier = item?.requests.filter(request => request !== itemRequestId(incident.id, effect, item)) ?? [];
	const isAgain = item ? earlier.length > 0 : visit.tries > 1;
	return {
		ports: item ? portsOf(item, ports) : ports,
		settings: item?.settings ?? incident.settings,
		request: item ? itemRequestId(incident.id, effect, item) : requestId(incident, effect),
		incident: incident.id,
		opened: incident.openedAt,
		...defined({
			attach,
			again: isAgain ? (true as const) : undefined,
			others: item && hasOthers(item, visit) ? (true as const) : undefined,
			earlier: earlier.length > 0 ? earlier : undefined,
			original: item ? undefined : originalOf(incident),
			planned: item ? undefined : plannedImages(incident),
			changed: incident.changed ? (true as const) : undefined,
			rebuilt: wasRebuilt(incident) ? (true as const) : undefined,
		}),
		corrupt: corruptDigests(incident),
		approved: item ? item.changes : approvedIn(incident, visit),
		recorded: (item ?? visit).progress,
		timeoutMs: step.timeoutMs,
		signal,
		session,
		log(text) {
			live.write(text, item?.id);
			note?.(text);
		},
		progress: progress => live.progress(progress, item?.id),
		record: (name, detail, say) => report({type: 'effect.progressed', ...itemStampOf(effect), name, detail, say}),
	};
}

function hasOthers({id}: Item, {items = []}: Visit): boolean {
	return items.some(other => other.id !== id && other.state.kind === 'pending');
}

/** Work that honours its signal ends at once; the rest is abandoned after this long. */
const graceMs = 5_000;

type Deadline = {
	milliseconds: number;
	/** Cancels the work; its reason is thrown unchanged. */
	signal: AbortSignal;
	/** Makes the error that is thrown when the time is over. */
	late(cause: unknown): OperatorError;
};

/** Runs work with a deadline, which also ends the wait for work that does not honour its signal. */
export async function withinDeadline<T>(
	{milliseconds, signal: calledOff, late}: Deadline,
	work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
	const over = new AbortController();
	const tooLate = () => over.abort(new DOMException('The step took too long.', 'TimeoutError'));
	const timer = setTimeout(tooLate, Math.min(milliseconds, longestTimerMs));
	const signal = AbortSignal.any([calledOff, over.signal]);
	const abandoned = Promise.withResolvers<never>();
	let grace: NodeJS.Timeout | undefined;
	const abandon = () => {
		grace = setTimeout(() => abandoned.reject(signal.reason), graceMs);
	};
	if (signal.aborted) {
		abandon();
	} else {
		signal.addEventListener('abort', abandon, {once: true});
	}

	try {
		return await Promise.race([work(signal), abandoned.promise]);
	} catch (error) {
		calledOff.throwIfAborted();
		throw over.signal.aborted ? late(error) : error;
	} finally {
		signal.removeEventListener('abort', abandon);
		clearTimeout(grace);
		clearTimeout(timer);
	}
}

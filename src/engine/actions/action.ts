import type {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import type {Change} from '../../domain/incident/change.ts';
import type {Problem} from '../../domain/incident/event.ts';
import type {ActionName, InputsOf} from '../../domain/incident/inputs.ts';
import type {Output, OutputValues} from '../../domain/incident/outputs.ts';
import type {PlannedImage} from '../../domain/incident/planned-images.ts';
import type {Settings} from '../../domain/incident/settings.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {Original} from '../../domain/remedy/compare-to-original.ts';
import type {ActionDeclaration} from '../../domain/runbook/runbook.ts';
import type {FoundBefore} from '../plan/found-before.ts';
import type {BuildCommand} from '../ports/build-command.ts';
import type {Builder} from '../ports/builder.ts';
import type {Ci} from '../ports/ci.ts';
import type {Clock} from '../ports/clock.ts';
import type {InventoryReader} from '../ports/inventory.ts';
import type {Registry} from '../ports/registry.ts';
import type {Secrets} from '../ports/secrets.ts';
import type {Source} from '../ports/source.ts';
import type {Storage} from '../ports/storage.ts';
import type {Unpacker} from '../ports/unpacker.ts';
import type {UsageReader} from '../ports/usage.ts';

/** The outside systems of the image of an incident. Absent where none is configured. */
export type Ports = {
	registry: Registry;
	/** The same pull-through cache, which may fetch what it lacks: only for an approved change. */
	filling?: Registry;
	/** From which the pull-through cache fetches, as it is configured; it is only asked for its limit. */
	upstream?: Pick<Registry, 'host' | 'askLimit'>;
	/** The same registry by its further addresses. */
	addresses?: readonly Registry[];
	storage?: Storage;
	ci?: Ci;
	builder?: Builder;
	buildCommand?: BuildCommand;
	/** Where bytes that the registry has lost may still be, in the order in which they are asked. */
	sources?: readonly Source[];
	/** What the registry has held, as its probes saw it. */
	inventory?: InventoryReader;
	/** Which images are used. */
	usage?: UsageReader;
	/** Unpacks what was rebuilt. Absent: every byte of it is read, and no layer unpacked. */
	unpacker?: Unpacker;
	/** The damage that was found right before the incident was opened. Absent: nothing was looked for. */
	found?: FoundBefore;
	secrets: Secrets;
	clock: Clock;
	/** The outside systems and the settings of another image of the same registry: a plan is about many. */
	of?(image: ImageReference): {ports: Ports; settings: JsonObject};
	/** One line for every request that is made. */
	requests?: RequestLog;
};

export type RequestLog = {
	/** Calls the listener for every request, until the function that it returns is called. */
	overhear(listener: (line: string) => void): () => void;
	/** The requests of this work, which other work goes on beside, go to its own listener alone. */
	apart<Result>(listener: (line: string) => void, work: () => Result): Result;
};

/**
 * An action of a runbook. A read may be repeated at any time. A write is made once: where it throws an OperatorError with the
 * code `effect.unknown`, the change may have been made; with any other, it was not.
 */
export type Action<Inputs = unknown, Values extends object = object> = ActionDeclaration & {
	/** Makes the inputs of the resolved values of a step. @throws OperatorError runbook.value-invalid */
	parse(values: JsonObject): Inputs;
	run(inputs: Inputs, context: ActionContext): Promise<ActionResult<Values>>;
	/** What the gate of a write shows. It only reads. */
	gate?(inputs: Inputs, context: ActionContext): Promise<GateText>;
	/** Asked right before the effect of an item of a plan: whether what was approved still fits the world. It only reads. */
	precondition?(inputs: Inputs, context: ActionContext): Promise<Precondition>;
	/** Looks up what became of a write. It only reads. */
	reconcile?(inputs: Inputs, context: ActionContext): Promise<Reconciliation<Values>>;
	/** It may be made while something cleans the store: it stores nothing. */
	besideCleaners?: true;
	/** Its log is that of the work it follows: the requests are kept beside it. */
	hasOwnLog?: true;
	/** The outcome that an error is, where the action has one for it. */
	outcomeOf?(error: OperatorError): string | undefined;
};

/** An action whose inputs and output values the domain knows by its name. */
export type ActionNamed<Name extends ActionName> = Action<InputsOf<Name>, OutputValues<Name>>;

export type ActionContext = {
	ports: Ports;
	settings: Settings;
	/** Carried to the outside system, so that the change can be found there again. */
	request: string;
	/** Its id: a name for what it leaves behind. */
	incident: string;
	/** When the incident was opened, ISO 8601, UTC. */
	opened: string;
	/** The output so far of a change that is already under way; absent: it is not. */
	attach?: Output;
	/** It was ordered before, and no sign of it was seen: the order may arrive even now. */
	again?: true;
	/** Of an item: others of its plan had not begun when it did. */
	others?: true;
	/** Of an item that a person retried: the request ids of its earlier attempts, which may still arrive. */
	earlier?: readonly string[];
	/** What the image was before the first change; absent: no check has seen it. */
	original?: Original;
	/** Of a step: every image that this incident found damaged, and what was done about it. */
	planned?: readonly PlannedImage[];
	/** Something was changed in this incident. */
	changed?: true;
	/** The image of the incident was built anew: no digest of before proves what it holds. */
	rebuilt?: true;
	/** Of these digests a check of this incident found bytes that do not match. */
	corrupt?: ReadonlySet<Digest>;
	/** What a person approved: nothing else may be done. */
	approved: readonly Change[];
	/** What this visit has recorded so far, also before a crash. */
	recorded: readonly {name: string; detail: JsonObject}[];
	/** After this the step is cancelled. An action that may wait for long ends earlier, with an outcome. */
	timeoutMs: number;
	signal: AbortSignal;
	/** Aborts with the session: of a read that goes on behind the steps that follow. */
	session?: AbortSignal;
	/** A line for the log pane and the evidence. */
	log(text: string): void;
	progress(progress: Progress): void;
	/** Journals what must not be forgotten before the end: the number of a pipeline. */
	record(name: string, detail: JsonObject, say: string): Promise<void>;
};

export type Progress = {label: string; done?: number; total?: number};

type NoValues = Record<string, never>;

/** `problem`: why it did not do its work, where a hint says what to do about it. */
export type ActionResult<Values extends object = object> = {
	outcome: string;
	output: Values | NoValues;
	say: string;
	problem?: Problem;
};

/** `destructive`: how many of the changes are; absent: all of them where the action is destructive, else those that `isDestructive` names. */
export type GateText = {target: string; changes: Change[]; undo: string; phrase: string; destructive?: number};

/** Anything but `holds` leaves the world untouched. `already-whole`: nothing is left to do. `unknown`: a person decides. */
export type Precondition =
	| {kind: 'holds'}
	| {kind: 'already-whole' | 'changed' | 'unknown'; say: string; problem?: Problem};

export type Reconciliation<Values extends object = object> =
	| ({kind: 'done'} & ActionResult<Values>)
	| {kind: 'running'; output: Partial<Values>; say: string}
	| {kind: 'not-done' | 'unknown'; say: string};

import type {OperatorError} from '../../domain/errors.ts';
import type {JsonObject} from '../../domain/json.ts';
import type {ActionDeclaration} from '../../domain/runbook/runbook.ts';
import type {Builder} from '../ports/builder.ts';
import type {Ci} from '../ports/ci.ts';
import type {Clock} from '../ports/clock.ts';
import type {Registry} from '../ports/registry.ts';
import type {Secrets} from '../ports/secrets.ts';
import type {Storage} from '../ports/storage.ts';

/** The outside systems of one incident: those of its image. Absent where nothing is configured. */
export type Ports = {
	registry: Registry;
	storage?: Storage;
	ci?: Ci;
	builder?: Builder;
	secrets: Secrets;
	clock: Clock;
	/** Hears one line for every request that is made; the result ends it. */
	overhear?(listener: (line: string) => void): () => void;
};

/**
 * One thing a runbook can have done. A read may be made again at any time. A write is made once: what it throws with
 * code `effect.unknown` may have happened; any other OperatorError means that nothing did.
 */
export type Action = ActionDeclaration & {
	run(inputs: JsonObject, context: ActionContext): Promise<ActionResult>;
	/** For a write: what the gate shows. Reads only. */
	gate?(inputs: JsonObject, context: ActionContext): Promise<GateText>;
	/** For a write: asks the world what became of it. Reads only. */
	reconcile?(inputs: JsonObject, context: ActionContext): Promise<Reconciliation>;
	/** The outcome an error is, where the action has one for it. */
	outcomeOf?(error: OperatorError): string | undefined;
};

export type ActionContext = {
	ports: Ports;
	settings: JsonObject;
	/** Carried into the world, so that the change can be found there again. */
	request: string;
	/** What is known of it when it is already under way. */
	attach?: JsonObject;
	/** What the gate showed and a person approved: nothing else may be done. */
	approved?: readonly string[];
	/** What this visit has recorded so far, also before a crash. */
	recorded: readonly {name: string; detail: JsonObject}[];
	/** After this the step is called off. An action that may wait for long says so before, in an outcome. */
	timeoutMs: number;
	signal: AbortSignal;
	/** A line for the log pane and the evidence. */
	log(text: string): void;
	/** How far it is. */
	progress(progress: Progress): void;
	/** Journals what must not be forgotten before the end: the number of a pipeline. */
	record(name: string, detail: JsonObject, say: string): Promise<void>;
};

export type Progress = {label: string; done?: number; total?: number};

export type ActionResult = {outcome: string; output: JsonObject; say: string};

export type GateText = {target: string; changes: string[]; undo: string; phrase: string};

export type Reconciliation = {
	found: 'done' | 'not-done' | 'running' | 'unknown';
	say: string;
	outcome?: string;
	output?: JsonObject;
};

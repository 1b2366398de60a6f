import {OperatorError} from '../../src/domain/errors.ts';
import type {Verdict} from '../../src/domain/image/verdict.ts';
import type {JsonObject} from '../../src/domain/json.ts';
import type {Action, ActionContext, ActionResult, Reconciliation} from '../../src/engine/actions/action.ts';
import {checkValues, scanValues} from './outputs.ts';

type Declared = Pick<Action, 'name' | 'effect' | 'outcomes' | 'provides' | 'success'> &
	Partial<Pick<Action, 'bare' | 'shows' | 'sparesImage'>>;

/** The actions of the tests' runbooks: one of every sort. */
export const smallCatalogue: Declared[] = [
	{
		name: 'registry.verify',
		effect: 'read',
		outcomes: {intact: 'whole', broken: 'damaged', unknown: 'not seen', refused: 'kept out'},
		provides: {verdict: 'the verdict', faults: 'what is wrong'},
		bare: ['refused'],
		success: [],
		shows: 'verdict',
	},
	{
		name: 'storage.scan',
		effect: 'read',
		outcomes: {found: 'seen', clean: 'nothing'},
		provides: {findings: 'what is gone'},
		success: [],
		shows: 'cause',
	},
	{
		name: 'change.mend',
		effect: 'write',
		outcomes: {mended: 'done', failed: 'not done', refused: 'kept out', late: 'goes on'},
		provides: {digest: 'what came of it'},
		bare: ['failed', 'refused', 'late'],
		success: ['mended'],
	},
	{
		name: 'change.wipe',
		effect: 'destructive',
		outcomes: {wiped: 'done', refused: 'kept out'},
		provides: {},
		bare: ['refused'],
		success: ['wiped'],
	},
	{
		name: 'change.tell',
		effect: 'write',
		sparesImage: true,
		outcomes: {told: 'done', refused: 'kept out'},
		provides: {},
		bare: ['refused'],
		success: ['told'],
	},
];

/** Takes whatever a step gives. */
export const anyInputs = (values: JsonObject): JsonObject => values;

function isVerdict(outcome: string): outcome is Verdict {
	return ['intact', 'broken', 'unknown'].includes(outcome);
}

export type Conduct = {
	run(action: Declared, inputs: JsonObject, context: ActionContext): Promise<ActionResult>;
	reconcile(action: Declared, context: ActionContext): Promise<Reconciliation>;
};

/** The catalogue, with a script for how each run ends. */
export function actionsOf({run, reconcile}: Conduct): Action<JsonObject>[] {
	return smallCatalogue.map(declared => ({
		...declared,
		parse: anyInputs,
		inputs: {image: {required: false, about: 'the image'}, note: {required: false, about: 'anything'}},
		outcomeOf: (error: OperatorError) => (error.exit === 'refused' ? 'refused' : undefined),
		run: (inputs: JsonObject, context: ActionContext) => run(declared, inputs, context),
		...(declared.effect === 'read'
			? {}
			: {
					gate: async () => ({
						target: 'registry.example/app:1',
						changes: [{kind: 'restart', command: 'changes it'}],
						undo: 'none',
						phrase: `do ${declared.name}`,
					}),
					reconcile: (_: JsonObject, context: ActionContext) => reconcile(declared, context),
				}),
	}));
}

/** An output with every value that the action declares. */
export function resultOf({name, provides, bare = []}: Declared, outcome: string): ActionResult {
	const values = Object.fromEntries(Object.keys(provides).map(key => [key, `${key} of ${name}`]));
	const known =
		name === 'registry.verify' && isVerdict(outcome)
			? checkValues(outcome)
			: name === 'storage.scan'
				? scanValues()
				: values;
	return {outcome, output: bare.includes(outcome) ? {} : known, say: `It is ${outcome}.`};
}

export function refused(): OperatorError {
	return new OperatorError('registry.forbidden', 'We are kept out.', {hint: 'Ask for a key.', exit: 'refused'});
}

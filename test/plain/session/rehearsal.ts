import {parseDigest} from '../../../src/domain/image/digest.ts';
import type {JournalEvent} from '../../../src/domain/incident/event.ts';
import type {JsonObject} from '../../../src/domain/json.ts';
import type {Action, ActionContext, ActionResult, Ports} from '../../../src/engine/actions/action.ts';
import {beginSession, resumeSession, type Session} from '../../../src/engine/session/session.ts';
import {type PlainEnd, type PlainOptions, runPlain} from '../../../src/plain/session/run-plain.ts';
import {createMemoryJournal} from '../../support/memory-journal.ts';
import {checkValues} from '../../support/outputs.ts';
import {noSecrets} from '../../support/redacting.ts';
import {anyInputs} from '../../support/small-catalogue.ts';

export const page = `---
runbook: small
title: Mend a small image
inputs:
  image: {type: image, prompt: Which image?}
start: diagnose
decide: decide
---
Pulls fail.

## Diagnose the tag {#diagnose}
We ask the registry for every part.
\`\`\`yaml step
action: registry.verify
with: {run: test.check}
phase: Diagnose
outcomes:
  broken: decide
  intact: {stop: not-this, say: Every part answers.}
\`\`\`

## Decide what to do {#decide}
\`\`\`yaml step
choose: What shall be done?
phase: Decide
options:
  mend: {title: Relink two manifests, recommended: Every part is still on disk.}
  by-hand: {title: Repair it by hand}
outcomes:
  mend: mend
  by-hand: hands
\`\`\`

## Relink {#mend}
\`\`\`yaml step
action: test.mend
phase: Repair
gate: typed
outcomes:
  mended: verify
  refused: decide
\`\`\`

## Repair by hand {#hands}
Copy these.
\`\`\`yaml step
by-hand: ["curl -X PUT https://registry.example/"]
phase: Repair
outcomes:
  done: verify
  could-not: decide
\`\`\`

## Verify {#verify}
\`\`\`yaml step
action: registry.verify
with: {run: test.prove}
phase: Verify
outcomes:
  intact: impact
  broken: decide
\`\`\`

## Impact {#impact}
\`\`\`yaml step
ask:
  since: {prompt: Since when did pulls fail?, type: time}
  again: {prompt: Which pipelines shall run again?, type: tick, options: [{number: 7, title: nightly}, {number: 9, title: deploy}]}
phase: Close
outcomes:
  answered: {stop: repaired, say: The image is whole again.}
\`\`\`
`;

export type Staged = {
	session: Session;
	/** Everything that was said. */
	text: () => string;
	events: () => readonly JournalEvent[];
	run(options?: Partial<PlainOptions>): Promise<PlainEnd>;
	clock: {advance(milliseconds: number): void};
	/** Resolves when the text has this in it, anew since the last one that was waited for. */
	said(words: string): Promise<void>;
};

type Runs = Partial<
	Record<'test.check' | 'test.prove', Pick<Action, 'run'>> & {'test.mend': Partial<Action<JsonObject>>}
>;

/** A session on fake actions that is about to be told. */
export async function stage({
	runs = {},
	pace = 'auto',
	runbook = page,
	dryRun = false,
	earlier = [],
}: {
	earlier?: readonly JournalEvent[];
	runs?: Runs;
	pace?: 'person' | 'auto';
	runbook?: string;
	dryRun?: boolean;
} = {}): Promise<Staged> {
	const {journal} = createMemoryJournal(earlier);
	let time = Date.parse('2026-04-19T03:12:00.000Z');
	let text = '';
	let heard = 0;
	let waiting: {words: string; resolve: () => void} | undefined;
	const clock = {
		advance(milliseconds: number) {
			time += milliseconds;
		},
	};
	const ports = {
		clock: {now: () => new Date(time), monotonic: () => time, sleep: async () => {}},
		secrets: noSecrets,
	} as unknown as Ports;
	const checks: Record<string, Action['run']> = {
		'test.check': async () => {
			clock.advance(2_100);
			return broken;
		},
		'test.prove': async () => ({
			outcome: 'intact',
			output: checkValues('intact'),
			say: '3 manifests and 8 blobs verified.',
		}),
		...(runs['test.check'] && {'test.check': runs['test.check'].run}),
		...(runs['test.prove'] && {'test.prove': runs['test.prove'].run}),
	};
	const actions: Action<JsonObject>[] = [
		fake('registry.verify', 'read', ['broken', 'intact'], (inputs, context) =>
			checks[String(inputs.run)]!(inputs, context),
		),
		{
			...fake('test.mend', 'write', ['mended', 'refused'], async (_, {log}) => {
				log('PUT 1 of 2\nPUT 2 of 2');
				clock.advance(400);
				return {outcome: 'mended', output: {}, say: '2 manifests relinked.'};
			}),
			success: ['mended'],
			gate: async () => ({
				target: 'registry.example/infra-ci',
				changes: ['PUT sha256:aaaa', 'PUT sha256:bbbb'].map(text => ({kind: 'sentence', text})),
				undo: 'DELETE both again',
				phrase: 'relink 2 manifests',
			}),
			...runs['test.mend'],
		},
	];

	const options = {journal, ports, actions, actor: 'ada', pace};
	const session = await (earlier.length > 0
		? resumeSession(options)
		: beginSession(options, {
				type: 'incident.opened',
				schema: 'regmedic.journal/1',
				incident: '2026-04-19-small-calm-otter',
				version: '0.1.0',
				runbook,
				inputs: {image: 'registry.example/infra-ci:latest'},
				settings: {},
				dryRun,
			}));

	const look = () => {
		if (waiting && text.indexOf(waiting.words, heard) !== -1) {
			heard = text.indexOf(waiting.words, heard) + waiting.words.length;
			waiting.resolve();
			waiting = undefined;
		}
	};

	return {
		session,
		clock,
		text: () => text,
		events: () => journal.events(),
		run: options =>
			runPlain({
				session,
				output: more => {
					text += more;
					look();
				},
				autopilot: false,
				now: () => new Date(time),
				journalFolder: '/state/incidents/2026-04-19-small-calm-otter',
				resumeCommand: 'regmedic resume 2026-04-19-small-calm-otter',
				...options,
			}),
		said: words =>
			new Promise(resolve => {
				waiting = {words, resolve};
				look();
			}),
	};
}

export const broken: ActionResult = {
	outcome: 'broken',
	output: checkValues('broken', {
		faults: [
			{
				kind: 'child-missing',
				digest: parseDigest(`sha256:98f7${'0'.repeat(60)}`),
				via: [],
				platform: 'linux/amd64',
				status: 404,
				detail: 'manifest unknown',
			},
		],
	}),
	say: 'two of three children are missing.',
};

/** Types each line when what stands before it has been said. */
export async function* typed(staged: Staged, script: readonly (readonly [after: string, line: string])[]) {
	for (const [after, line] of script) {
		await staged.said(after);
		yield line;
	}
}

function fake(
	name: string,
	effect: Action['effect'],
	outcomes: string[],
	run: (inputs: JsonObject, context: ActionContext) => Promise<ActionResult>,
): Action<JsonObject> {
	return {
		name,
		parse: anyInputs,
		effect,
		inputs: {},
		outcomes: Object.fromEntries(outcomes.map(outcome => [outcome, outcome])),
		provides: {},
		success: [],
		...(effect === 'read' ? {shows: 'verdict' as const} : {}),
		run,
	};
}

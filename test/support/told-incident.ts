import type {Verdict} from '../../src/domain/image/verdict.ts';
import type {Happening, JournalEvent} from '../../src/domain/incident/event.ts';
import type {Incident} from '../../src/domain/incident/incident.ts';
import {type JsonObject, toJsonObject} from '../../src/domain/json.ts';
import {open} from '../../src/domain/machine/beginnings.ts';
import type {MachineEffect} from '../../src/domain/machine/effects.ts';
import {advance} from '../../src/domain/machine/machine.ts';
import {checkValues} from './outputs.ts';

/** A runbook with one step of every sort; surprises lead to `decide`. */
export const smallPage = `---
runbook: small
title: Mend a small image
inputs:
  image: {type: image, prompt: Which image?}
start: check
decide: decide
---
Pulls fail.

## Check {#check}
\`\`\`yaml step
action: registry.verify
with: {image: '\${inputs.image}'}
retry: {times: 2}
outcomes:
  intact: {stop: not-this, say: Every part answers.}
  broken: decide
  unknown: decide
  refused: decide
\`\`\`

## Decide {#decide}
\`\`\`yaml step
choose: What now?
options:
  mend: {title: Mend it}
  wipe: {title: Wipe it}
  hands: {title: By hand}
  tell: {title: Tell them}
  stop: {title: Stop}
outcomes:
  mend: mend
  wipe: wipe
  hands: hands
  tell: tell
  stop: {stop: handed-over, say: Not fixed., unverified: true}
\`\`\`

## Mend {#mend}
\`\`\`yaml step
action: change.mend
gate: approve
outcomes: {mended: prove, failed: decide, refused: decide, late: decide}
\`\`\`

## Wipe {#wipe}
\`\`\`yaml step
action: change.wipe
gate: typed
outcomes: {wiped: prove, refused: decide}
\`\`\`

## By hand {#hands}
\`\`\`yaml step
by-hand: ["mend \${inputs.image}"]
outcomes: {done: close, could-not: decide}
\`\`\`

## Prove {#prove}
\`\`\`yaml step
action: registry.verify
with: {image: '\${inputs.image}'}
outcomes: {intact: tell, broken: decide, unknown: decide, refused: decide}
\`\`\`

## Tell {#tell}
\`\`\`yaml step
action: change.tell
gate: approve
outcomes: {told: close, refused: close}
\`\`\`

## Close {#close}
\`\`\`yaml step
ask: {impact: {prompt: Who was hit?}}
outcomes: {answered: {stop: fixed, say: It is whole again., unverified: true}}
\`\`\`
`;

export type Told = {
	incident: Incident;
	events: JournalEvent[];
	effects: MachineEffect[];
	/** Adds the next event, one second or so many milliseconds later. */
	tell(happening: Happening, afterMs?: number): Told;
};

/** Advances an incident event by event, with the machine alone. */
export function tellIncident(page = smallPage, {dryRun = false, drill = false} = {}): Told {
	const opening = {
		type: 'incident.opened' as const,
		schema: 'regmedic.journal/1' as const,
		incident: '2026-04-19-small-calm-otter',
		version: '0.1.0',
		runbook: page,
		inputs: {image: 'registry.example/infra-ci:latest'},
		settings: {},
		dryRun,
		...(drill ? {drill: {scenario: 'orphan-index', seed: 7}} : {}),
	};
	let time = Date.parse('2026-04-19T03:00:00.000Z');
	const stamped = <Event extends Happening>(
		event: Event,
		afterMs: number,
	): Event & {at: string; mono: number; actor: string} => {
		time += afterMs;
		return {at: new Date(time).toISOString(), mono: time, actor: 'ada', ...event};
	};
	const first = stamped(opening, 0);
	const [incident, effects] = open(first);
	const told: Told = {
		incident,
		effects,
		events: [first],
		tell(happening, afterMs = 1_000) {
			const event = stamped(happening, afterMs);
			told.events.push(event);
			[told.incident, told.effects] = advance(told.incident, event);
			return told;
		},
	};
	return told;
}

export const steps = {
	check: {step: 'check', attempt: 1},
	decide: {step: 'decide', attempt: 1},
	mend: {step: 'mend', attempt: 1},
	prove: {step: 'prove', attempt: 1},
	tell: {step: 'tell', attempt: 1},
	hands: {step: 'hands', attempt: 1},
	close: {step: 'close', attempt: 1},
};

type Stamp = {step: string; attempt: number};

export const happen = {
	begun: (stamp: Stamp, effect: 'read' | 'write' | 'destructive', more: object = {}): Happening => ({
		type: 'step.started',
		effect,
		with: {},
		success: effect === 'read' ? [] : ['mended', 'wiped', 'told'],
		...more,
		...stamp,
	}),
	intended: (stamp: Stamp): Happening => ({
		type: 'effect.intended',
		request: `r.${stamp.step}.${stamp.attempt}`,
		...stamp,
	}),
	/** `verdict`: of a check. */
	finished: (
		stamp: Stamp,
		outcome: string,
		{verdict, ...output}: {verdict?: Verdict} & JsonObject = {},
	): Happening => ({
		type: 'effect.finished',
		outcome,
		output: verdict === undefined ? output : toJsonObject(checkValues(verdict)),
		say: `It is ${outcome}.`,
		...stamp,
	}),
	failed: (stamp: Stamp, more: {transient?: boolean; indeterminate?: boolean; outcome?: string} = {}): Happening => ({
		type: 'effect.failed',
		problem: {code: 'step.timeout', message: 'It failed.', hint: 'Try something else.'},
		transient: false,
		indeterminate: false,
		...more,
		...stamp,
	}),
	gate: (stamp: Stamp, phrase?: string): Happening => ({
		type: 'gate.opened',
		target: 'registry.example/infra-ci',
		changes: ['PUT sha256:aaaa'],
		undo: 'DELETE it again.',
		...(phrase === undefined ? {} : {phrase}),
		expires: '2026-04-19T03:30:00.000Z',
		...stamp,
	}),
	answered: (stamp: Stamp, answer: string): Happening => ({type: 'gate.answered', answer, ...stamp}),
	chosen: (option: string, stamp: Stamp = steps.decide): Happening => ({type: 'choice.made', option, ...stamp}),
};

/** A check found the image broken, and the person is about to decide. */
export function toldToDecide(page = smallPage, options = {}): Told {
	return tellIncident(page, options)
		.tell(happen.begun(steps.check, 'read', {shows: 'verdict'}))
		.tell(happen.intended(steps.check))
		.tell(happen.finished(steps.check, 'broken', {verdict: 'broken'}))
		.tell(
			happen.begun(steps.decide, 'read', {
				with: {options: ['mend', 'wipe', 'hands', 'tell', 'stop'].map(key => ({key}))},
			}),
		);
}

/** At the open gate of the repair. */
export function toldToGate(phrase?: string, options = {}): Told {
	return toldToDecide(smallPage, options)
		.tell(happen.chosen('mend'))
		.tell(happen.begun(steps.mend, 'write'))
		.tell(happen.gate(steps.mend, phrase));
}

/** The repair is under way. */
export function toldToRepair(): Told {
	return toldToGate().tell(happen.answered(steps.mend, 'approve')).tell(happen.intended(steps.mend));
}

/** Repaired and proven. */
export function toldToProof(verdict: Verdict = 'intact'): Told {
	return toldToRepair()
		.tell(happen.finished(steps.mend, 'mended'))
		.tell(happen.begun(steps.prove, 'read', {shows: 'verdict'}))
		.tell(happen.intended(steps.prove))
		.tell(happen.finished(steps.prove, verdict, {verdict}));
}

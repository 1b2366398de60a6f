import fc from 'fast-check';
import {personOutcomes} from '../../src/domain/runbook/runbook.ts';
import {smallCatalogue} from './small-catalogue.ts';

type Kind = 'ask' | 'by-hand' | 'wait' | (typeof smallCatalogue)[number]['name'];

const kinds: Kind[] = ['ask', 'by-hand', 'wait', ...smallCatalogue.map(({name}) => name)];

type Draft = {kind: Kind; routes: number[]; refers: number; mischief: number};

/**
 * Runbooks over the small catalogue. Routes lead forward or to the step in which a person decides, so most have no problems.
 * `mischief` removes gates, claims success, routes backwards, or names values that may be absent.
 */
export function generatedRunbook({mischief}: {mischief: boolean}): fc.Arbitrary<string> {
	const draft = fc.record({
		kind: fc.constantFrom(...kinds),
		routes: fc.array(fc.nat(9), {minLength: 4, maxLength: 4}),
		refers: fc.nat(20),
		mischief: mischief ? fc.nat(40) : fc.constant(99),
	});
	return fc.array(draft, {minLength: 2, maxLength: 7}).map(write);
}

function write(drafts: Draft[]): string {
	const all: Draft[] = [{kind: 'registry.verify', routes: [0, 1, 2, 3], refers: 99, mischief: 99}, ...drafts];
	const options = all.map((_, at) => `  go-${at}: {title: Go to s${at}}`);
	const routes = all.map((_, at) => `  go-${at}: s${at}`);
	return `---
runbook: generated
title: A generated page
inputs:
  image: {type: image, prompt: Which?}
start: s0
decide: decide
---

${all.map((draft, at) => section(draft, at, all)).join('\n')}
## Decide {#decide}

\`\`\`yaml step
choose: What now?
options:
${options.join('\n')}
  stop: {title: Stop here}
outcomes:
${routes.join('\n')}
  stop: {stop: handed-over, say: Not fixed., unverified: true}
\`\`\`
`;
}

function section({kind, routes, refers, mischief}: Draft, at: number, all: Draft[]): string {
	const action = smallCatalogue.find(({name}) => name === kind);
	const outcomes = action ? Object.keys(action.outcomes) : [...personOutcomes[kind as 'ask']];
	const kept = mischief === 1 ? outcomes.slice(1) : outcomes;
	const lines = [
		...doing(kind),
		...(action && action.effect !== 'read' && mischief !== 2
			? [`gate: ${action.effect === 'destructive' && mischief !== 3 ? 'typed' : 'approve'}`]
			: []),
		...(action?.effect === 'read' ? ['retry: {times: 1}'] : []),
		...(action ? [`with: {image: '\${inputs.image}'`, referenceIn(refers, at, all)] : [])
			.join(', ')
			.concat(action ? '}' : '')
			.split('\n')
			.filter(Boolean),
		kept.length === 0 ? 'outcomes: {}' : 'outcomes:',
		...kept.map(
			(outcome, nth) =>
				`  ${outcome}: ${route({kind, outcome, toss: routes[nth] ?? 0, mischief, at, count: all.length})}`,
		),
	];
	return `## Step ${at} {#s${at}}\n\n\`\`\`yaml step\n${lines.join('\n')}\n\`\`\`\n`;
}

function doing(kind: Kind): string[] {
	switch (kind) {
		case 'ask':
			return ['ask:', '  word: {prompt: Say a word}'];
		case 'by-hand':
			return [`by-hand: ["look at \${inputs.image}"]`];
		case 'wait':
			return ['wait: 1s'];
		default:
			return [`action: ${kind}`];
	}
}

/** Sometimes a value of an earlier step, with or without the mark that it may be absent. */
function referenceIn(refers: number, at: number, all: Draft[]): string {
	const producer = all[refers];
	if (!producer || refers >= at) {
		return "note: 'none'";
	}

	const action = smallCatalogue.find(({name}) => name === producer.kind);
	const value = action ? Object.keys(action.provides)[0] : producer.kind === 'ask' ? 'word' : 'outcome';
	return `note: '\${steps.s${refers}.${value ?? 'outcome'}${at % 2 === 0 ? '?' : ''}}'`;
}

type Choice = {kind: Kind; outcome: string; toss: number; mischief: number; at: number; count: number};

function route({kind, outcome, toss, mischief, at, count}: Choice): string {
	if (mischief === 4) {
		return '{stop: fixed, say: All is well.}';
	}

	if (mischief === 5) {
		return `s${Math.max(0, at - 1)}`;
	}

	if (kind === 'registry.verify' && outcome === 'intact' && toss < 5) {
		return '{stop: fixed, say: All is well.}';
	}

	if (toss === 9) {
		return '{stop: given-up, say: Not fixed., unverified: true}';
	}

	const ahead = at + 1 + (toss % 3);
	return ahead < count ? `s${ahead}` : 'decide';
}

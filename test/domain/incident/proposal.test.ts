// biome-ignore-all lint/suspicious/noTemplateCurlyInString: values of a runbook are written like this.
import {expect, test} from 'vitest';
import {type AskedQuestion, parseAsked, sayProposedTime} from '../../../src/domain/incident/asked.ts';
import type {Json} from '../../../src/domain/json.ts';
import {lintRunbook} from '../../../src/domain/runbook/linter.ts';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';

function asked(question: {[key: string]: Json}): AskedQuestion | undefined {
	const read = parseAsked({kind: 'ask', questions: {}}, {questions: {began: {prompt: 'When?', ...question}}});
	return read?.kind === 'ask' ? read.questions[0] : undefined;
}

test('a proposed time is said with where it is from', () => {
	const time = {type: 'time', default: '2026-11-29T02:00:11Z'};

	expect(sayProposedTime(asked({...time, from: 'the disk, at the latest'})!)).toBe(
		'From the disk, at the latest: 2026-11-29 02:00 UTC.',
	);
	expect(sayProposedTime(asked(time)!)).toBe('Proposed: 2026-11-29 02:00 UTC.');
});

test.each([null, 'yesterday', 9, '02:15'])(
	'%j is not proposed for a time, and the question is asked all the same',
	value => {
		const question = asked({type: 'time', default: value, from: 'the disk'});

		expect(question).toEqual({name: 'began', prompt: 'When?', type: 'time', options: []});
		expect(sayProposedTime(question!)).toBeUndefined();
	},
);

test('a question of an older journal has no source, and is read as before', () => {
	expect(asked({type: 'text', default: 'Deployment acme/web'})).toEqual({
		name: 'began',
		prompt: 'When?',
		type: 'text',
		options: [],
		default: 'Deployment acme/web',
	});
});

const codesOf = (question: string) => {
	const {runbook, problems} = parseRunbook(
		`---\nrunbook: times\ntitle: Times\nstart: close\n---\n\n## Close {#close}\n\n\`\`\`yaml step\nask: {began: ${question}}\noutcomes: {answered: {stop: told, say: Told., unverified: true}}\n\`\`\`\n`,
	);
	return (runbook ? lintRunbook(runbook, []) : problems).map(({code}) => code);
};

test.each([
	["{prompt: When?, type: time, default: '2026-04-19 02:00', from: 'the disk'}", []],
	["{prompt: When?, type: time, default: '${incident.opened}'}", []],
	['{prompt: Who?, default: a probe, from: what is usual}', []],
	['{prompt: When?, type: time, default: yesterday}', ['default-no-time']],
	["{prompt: When?, type: time, default: '02:00'}", ['default-no-time']],
	['{prompt: When?, type: time, from: the disk}', ['needless-from']],
	['{prompt: Which?, type: pick, options: [1], default: 1, from: the disk}', ['needless-from']],
	["{prompt: When?, type: time, default: '${steps.never.began?}'}", ['unknown-value']],
])('the linter says of %s: %j', (question, codes) => {
	expect(codesOf(question)).toEqual(codes);
});

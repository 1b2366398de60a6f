import {expect, test} from 'vitest';
import type {AskedQuestion} from '../../../src/domain/incident/asked.ts';
import {createQuestionnaire} from '../../../src/plain/session/questionnaire.ts';

const older = {
	reference: 'registry.example/app:1.4',
	key: '1.4',
	title: 'linux/amd64; built …',
	status: 'older by its build',
};
const newer = {...older, key: '1.6', status: 'newer by its build'};
const which: AskedQuestion = {name: 'sibling', prompt: 'Which image?', type: 'pick', options: [older, newer]};

test('one of several images is chosen by its number, with its age beside it', () => {
	const questionnaire = createQuestionnaire([which], () => new Date());

	const asked = questionnaire.ask();
	const refused = questionnaire.answer('3');
	const taken = questionnaire.answer('2');

	expect(asked.slice(1)).toEqual([
		'  1. 1.4  linux/amd64; built …, older by its build',
		'  2. 1.6  linux/amd64; built …, newer by its build',
		'Type one number, or "none"; enter for none.',
	]);
	expect(refused).toBe('"3" is not a number from 1 to 2.');
	expect(taken).toBeUndefined();
	expect(questionnaire.answers()).toEqual({sibling: newer});
});

test.each(['', 'none'])('"%s" chooses none of them', line => {
	const questionnaire = createQuestionnaire([which], () => new Date());

	questionnaire.answer(line);

	expect(questionnaire.answers()).toEqual({sibling: []});
});

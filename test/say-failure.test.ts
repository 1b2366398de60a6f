import {expect, test} from 'vitest';
import {OperatorError} from '../src/domain/errors.ts';
import {sayFailure} from '../src/say-failure.ts';

const flags = {json: false, plain: false, color: true, verbose: false};

function failed(error: unknown, more: Partial<typeof flags> = {}) {
	const heard = {talk: '', talkWrapped: ''};
	const voice = {
		version: '0',
		talk(text: string) {
			heard.talk += text;
		},
		talkWrapped(text: string) {
			heard.talkWrapped += text;
		},
	};
	return {exit: sayFailure(error, {...flags, ...more}, voice), ...heard};
}

const error = new OperatorError('registry.unreachable', 'Nothing listens.', {
	hint: 'Is it running?',
	exit: 'unreachable',
	cause: new Error('ECONNREFUSED'),
});

test('message and hint are sentences, which may be broken into lines', () => {
	expect(failed(error)).toEqual({exit: 6, talk: '', talkWrapped: 'Nothing listens.\nIs it running?\n'});
});

test('JSON, stacks and bugs are not broken into lines', () => {
	expect(JSON.parse(failed(error, {json: true}).talk)).toMatchObject({code: 'registry.unreachable'});
	expect(failed(error, {json: true}).talkWrapped).toBe('');
	expect(failed(error, {verbose: true}).talk).toMatch(/ECONNREFUSED[\s\S]+ {4}at /);
	expect(failed(new TypeError('x'))).toMatchObject({exit: 70, talkWrapped: ''});
});

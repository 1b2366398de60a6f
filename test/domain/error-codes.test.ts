import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {OperatorError} from '../../src/domain/errors.ts';

const sources = path.resolve(import.meta.dirname, '../../src');
const lists = ['domain/error-codes.ts', 'domain/system-codes.ts'];

test('every code on the list is used somewhere and listed once', async () => {
	const names = (await readdir(sources, {recursive: true})).filter(
		name => /\.tsx?$/.test(name) && !lists.includes(name),
	);
	const texts = await Promise.all(names.map(name => readFile(path.join(sources, name), 'utf8')));
	const codes = await Promise.all(lists.map(name => readFile(path.join(sources, name), 'utf8')));
	const listed = codes.join('\n').match(/'[a-z0-9]+[a-z0-9.-]*'/g)!;
	const unused = listed.filter(code => !texts.some(text => text.includes(code)));

	expect(listed.length).toBeGreaterThan(100);
	expect(new Set(listed).size).toBe(listed.length);
	expect(unused).toEqual([]);
});

test('a misspelt code does not compile', () => {
	const options = {hint: 'Look.', exit: 'failed'} as const;
	const error = new OperatorError('registry.busy', 'Too busy.', options);

	// @ts-expect-error: not a code
	expect(error.code === 'registry.bussy').toBe(false);
	// @ts-expect-error: not a code
	expect(new OperatorError('registry.bussy', 'Too busy.', options)).toBeInstanceOf(OperatorError);
});

import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';
import {expect, it} from 'vitest';
import {parseRunbook} from '../../../src/domain/runbook/parser.ts';

const pages = path.resolve(import.meta.dirname, '../../../runbooks');

it.each(readdirSync(pages).filter(name => name.endsWith('.md')))(
	'a person gets from anywhere in %s to the step that looks for the next collection, if the page has one',
	name => {
		const {runbook} = parseRunbook(readFileSync(path.join(pages, name), 'utf8'));

		const looks = runbook!.steps.find(({does}) => does.kind === 'action' && does.action === 'storage.hold');
		expect(runbook!.hold).toBe(looks?.id);
	},
);

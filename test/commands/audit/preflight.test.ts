import {expect, it} from 'vitest';
import {preflightOf, runPreflight} from '../../../src/commands/audit/preflight.ts';
import {parseDryRun} from '../../../src/domain/audit/collection-dry-run.ts';
import {fakeStorage, unreachable} from '../../support/fake-ports.ts';
import {emptyTree, listingOf} from '../../support/store-tree.ts';

const dryRun = parseDryRun('registry garbage-collect --dry-run -m /c.yml');
const waiting = {role: 'authoritative', signal: new AbortController().signal} as const;
const fails = async () => {
	throw unreachable();
};
const report = {manifests: [], blobs: [], complete: true};

it('a host that is lost during the dry run or the listing is a failed preflight, so that the rest of the audit is kept', async () => {
	const failed = {complete: false, breaks: [], failure: {code: 'registry.unreachable', stage: 'start'}};
	const list = async () => listingOf(emptyTree());
	const dryRunCollection = async () => report;

	expect(await runPreflight(dryRun, fakeStorage([], {dryRunCollection: fails, list}), waiting)).toMatchObject([
		failed,
		failed,
	]);
	expect(await runPreflight(dryRun, fakeStorage([], {dryRunCollection, list: fails}), waiting)).toMatchObject([
		failed,
		failed,
	]);
	expect(await runPreflight(dryRun, fakeStorage([], {dryRunCollection, list}), waiting)).toMatchObject([
		{command: dryRun, complete: true},
		{command: 'registry garbage-collect --dry-run /c.yml', complete: true},
	]);
});

it('a preflight without a storage or a command is refused before anything is read', () => {
	expect(() => preflightOf(dryRun, undefined)).toThrow(expect.objectContaining({code: 'audit.no-storage'}));
	expect(() => preflightOf(undefined, fakeStorage())).toThrow(expect.objectContaining({code: 'audit.no-collect'}));
});

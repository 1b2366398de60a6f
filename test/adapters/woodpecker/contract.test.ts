import {expect, test} from 'vitest';
import {recordedVersions, recordingsOf} from '../../support/recorded-ci.ts';
import {pipeline} from './scripted-server.ts';

const recorded = (version: (typeof recordedVersions)[number], number: string) =>
	recordingsOf(version).find(recording => recording.number === number)!.body;

/** The keys of every object in a response, at any depth. */
function keysIn(value: unknown): string[] {
	return typeof value === 'object' && value !== null
		? Object.entries(value).flatMap(([key, inner]) => [key, ...keysIn(inner)])
		: [];
}

test.each(recordedVersions)('a real %s has every field that is read', version => {
	expect(keysIn(recorded(version, '105'))).toEqual(
		expect.arrayContaining([
			'number',
			'status',
			'errors',
			'branch',
			'ref',
			'event',
			'commit',
			'parent',
			'deploy_to',
			'author',
		]),
	);
	expect(keysIn(recorded(version, '105'))).toEqual(
		expect.arrayContaining([
			'workflows',
			'children',
			'id',
			'pid',
			'uuid',
			'name',
			'state',
			'error',
			'exit_code',
			'type',
		]),
	);
	expect(keysIn(recorded(version, '108'))).toContain('environ');
	expect(keysIn(recorded(version, '091'))).toEqual(expect.arrayContaining(['line', 'data', 'type']));
	expect(keysIn(recorded(version, '007'))).toEqual(
		expect.arrayContaining(['id', 'full_name', 'active', 'timeout', 'cancel_previous_pipeline_events']),
	);
	expect(keysIn(recorded(version, '017'))).toContain('push');
	expect(keysIn(recorded(version, '049'))).toEqual(
		expect.arrayContaining(['pending', 'labels', 'paused', 'worker_count']),
	);
	expect(keysIn(recorded(version, '034'))).toEqual(expect.arrayContaining(['message', 'is_warning']));
});

test('the pipelines of the other tests are those of a real 3.17', () => {
	expect(keysIn(recorded('3.17.0', '105'))).toEqual(expect.arrayContaining(Object.keys(pipeline())));
});

import {expect, test} from 'vitest';
import {type FailureReason, failureReason} from '../../../../src/adapters/registry/errors/failure-reason.ts';

const file = '/var/lib/registry/docker/registry/v2/blobs/sha256/8c/8cc4/data';
const driver = (Err: unknown, Op = 'open', Path = file) => ({DriverName: 'filesystem', Enclosed: {Op, Path, Err}});

/** The detail as 2.8 writes it, and as 3.x does. */
const both: [what: string, kind: FailureReason['kind'], words: string, ...details: unknown[]][] = [
	['no file handles', 'storage', 'too many open files', driver(24), `filesystem: open ${file}: too many open files`],
	[
		'none in the system',
		'storage',
		'too many open files in system',
		driver(23),
		`filesystem: open ${file}: too many open files in system`,
	],
	['no permission', 'storage', 'permission denied', driver(13), `filesystem: open ${file}: permission denied`],
	// 2.8 names no driver here: the error comes from reading a file that is open.
	[
		'a failing disk',
		'storage',
		'input/output error',
		{Op: 'read', Path: file, Err: 5},
		`read ${file}: input/output error`,
	],
	[
		'a stale mount',
		'storage',
		'stale NFS file handle',
		driver(116, 'stat'),
		`filesystem: stat ${file}: stale NFS file handle`,
	],
	[
		'a folder in the place of a link',
		'link',
		'is a directory',
		driver(21, 'read', '/v2/a/link'),
		'filesystem: read /v2/a/link: is a directory',
	],
];

test.each(both)('%s is told alike in both languages', (_, kind, words, ...details) => {
	for (const detail of details) {
		expect(failureReason(detail)).toMatchObject({kind, words});
	}
});

test.each([
	['an old form', 'old-form', 'unrecognized manifest schema version 1'],
	['an unknown form', 'damage', 'unrecognized manifest schema version 9'],
	['an unknown type', 'damage', 'errors verifying manifest: unrecognized manifest content type acme/unknown'],
	['an object store', 'storage', 's3aws: RequestError: send request failed'],
	['an upstream that counts', 'upstream', 'toomanyrequests: You have reached your pull rate limit.'],
	['an upstream that counts, on 2.8', 'upstream', {errors: [{code: 'TOOMANYREQUESTS', message: 'slow down'}]}],
	['an upstream that says nothing', 'upstream', {ParseErr: {Offset: 0}, StatusCode: 429, Response: ''}],
	[
		'an upstream that is down',
		'upstream',
		'Get "https://registry.example/v2/": dial tcp 10.0.0.1:443: connect: connection refused',
	],
	['an upstream that is down, on 2.8', 'upstream', {Op: 'Get', URL: 'https://registry.example/v2/', Err: {}}],
] as const)('%s has its own kind', (_, kind, detail) => {
	expect(failureReason(detail)).toMatchObject({kind});
});

test.each([[{}], [undefined], ['something new'], [[{}]], [7], [{Name: 'acme/app', Revision: 'sha256:0'}]])(
	'%j gives no reason',
	detail => {
		expect(failureReason(detail)).toBeUndefined();
	},
);

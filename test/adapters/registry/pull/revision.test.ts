import {expect, test} from 'vitest';
import type {Digest} from '../../../../src/domain/image/digest.ts';
import {connect, listen} from '../server.ts';

const {signal} = new AbortController();
const digest = `sha256:${'0'.repeat(64)}` as Digest;

// Recorded answers of 2.8.3 and 3.1.1: cases/registry-answers.
test.each<[string, unknown, Digest | undefined]>([
	['2.8 names it', {Name: 'acme/app', Revision: digest}, digest],
	['3.1 names it in a sentence', `unknown manifest name=acme/app revision=${digest}`, digest],
	['2.8 has lost the link of the tag', {Tag: 'v1'}, undefined],
	['3.1 has lost the link of the tag', 'unknown tag=v1', undefined],
	['it names no digest', {Revision: 'latest'}, undefined],
	['it says nothing', undefined, undefined],
])('what a tag names is learned from a 404 where %s', async (_, detail, revision) => {
	await using server = await listen((_request, response) => {
		const body = {errors: [{code: 'MANIFEST_UNKNOWN', message: 'manifest unknown', detail}]};
		response.writeHead(404, {'content-type': 'application/json'}).end(JSON.stringify(body));
	});
	await using registry = connect(server);

	const answer = await registry.manifest('acme/app', 'v1', {signal});

	expect(answer).toEqual({
		state: 'missing',
		status: 404,
		detail: 'manifest unknown',
		...(revision !== undefined && {revision}),
	});
});

import {mkdtemp, readdir, readFile, rm} from 'node:fs/promises';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterEach, beforeEach, expect, test} from 'vitest';
import {type BuildHost, buildHostPrograms, openBuildHost} from '../support/build-host.ts';
import {describeReal} from '../support/real.ts';

const {signal} = new AbortController();

/** Begins an answer that never ends: a build that adds it is held in the middle of its step. */
async function startHangingServer() {
	const asked = Promise.withResolvers<void>();
	const server = createServer((_, response) => {
		response.writeHead(200, {'content-length': 1_000_000}).write('x'.repeat(1_000));
		asked.resolve();
	});
	await new Promise<void>(resolve => {
		server.listen(0, '127.0.0.1', resolve);
	});
	return {
		url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/tool`,
		asked: asked.promise,
		async [Symbol.asyncDispose]() {
			server.closeAllConnections();
			server.close();
		},
	};
}

describeReal('a fallback build that is killed', buildHostPrograms, () => {
	let host: BuildHost;

	beforeEach(async () => {
		host = await openBuildHost(await mkdtemp(path.join(tmpdir(), 'regmedic-killed-')));
	});

	afterEach(async () => {
		await host?.[Symbol.asyncDispose]();
		await rm(host.folder, {recursive: true, force: true});
	});

	const containers = async () =>
		(await host.run('buildah', 'containers', '--quiet', '--all', '--notruncate')).split('\n').filter(Boolean).sort();
	const folder = (id: string) => path.join(host.home, '.cache/regmedic/builds', id);
	const killed = async (id: string) =>
		process.kill(-Number((await readFile(path.join(folder(id), 'pid'), 'utf8')).split('\n')[0]), 'SIGKILL');
	/** Of programs that end with their group, the folder of the temporary files that was given them. */
	const temporaryOf = async (id: string) => (await readFile(path.join(folder(id), 'temporary'), 'utf8')).trim();
	const isThere = (name: string) =>
		readdir(name).then(
			() => true,
			() => false,
		);

	test.each(['buildah', 'podman'] as const)(
		'leaves nothing of %s on its host: its own container and folders go, those of others stay',
		async program => {
			await using server = await startHangingServer();
			await host.commit({Dockerfile: `FROM scratch\nCOPY tool /tool\nADD ${server.url} /other\n`, tool: 'x'});
			// From the same base, by a person who works on the host.
			await host.run('buildah', 'from', 'scratch');
			const theirs = await containers();
			await host.builder.start(host.order({program}), {signal});
			await server.asked;
			const during = await containers();
			const temporary = await temporaryOf('trust-1');
			const wasThere = await isThere(temporary);

			await killed('trust-1');
			expect(await host.ended('trust-1')).toEqual({state: 'vanished', stage: 'build'});
			const left = await containers();
			await host.builder.tidy('trust-1', {signal});

			expect([theirs.length, during.length, left.length]).toEqual([1, 2, 2]);
			expect(await containers()).toEqual(theirs);
			expect([wasThere, await isThere(temporary)]).toEqual([true, false]);
			expect(await readdir(folder('trust-1'))).not.toContain('source');
			expect(await host.images(program)).toEqual([]);
			// A second time there is nothing to do, and its end stays told.
			await host.builder.tidy('trust-1', {signal});
			expect(await host.builder.status('trust-1', {signal})).toEqual({state: 'vanished', stage: 'build'});
		},
	);

	test.each(['buildah', 'podman'] as const)(
		'is not tidied while it runs, and takes nothing from a killed build of another incident: %s',
		async program => {
			await using server = await startHangingServer();
			await using second = await startHangingServer();
			await host.commit({Dockerfile: `FROM scratch\nADD ${server.url} /other\n`});
			await host.builder.start(host.order({program}), {signal});
			await server.asked;
			await host.builder.tidy('trust-1', {signal});
			expect(await host.builder.status('trust-1', {signal})).toEqual({state: 'running', stage: 'build'});
			expect(await containers()).toHaveLength(1);
			// By hand, with a mark that begins like ours.
			await host.run(
				'sh',
				'-c',
				`printf 'FROM scratch\\nADD ${second.url} /x\\n' >"$1/Other"; echo x >"$1/mark"; cd "$1"; (setsid ${program} build --secret "id=regmedic-trust-11,src=$1/mark" -f Other . >/dev/null 2>&1 & echo $! >other.pid)`,
				'sh',
				host.folder,
			);
			await second.asked;
			process.kill(Number(await readFile(path.join(host.folder, 'other.pid'), 'utf8')), 'SIGKILL');
			const both = await containers();

			await killed('trust-1');
			expect(await host.ended('trust-1')).toMatchObject({state: 'vanished'});
			await host.builder.tidy('trust-1', {signal});

			expect(both).toHaveLength(2);
			const [kept, ...others] = await containers();
			expect(both).toContain(kept);
			expect(others).toEqual([]);
		},
	);

	test('is tidied when it is cancelled', async () => {
		await using server = await startHangingServer();
		await host.commit({Dockerfile: `FROM scratch\nADD ${server.url} /other\n`});
		await host.builder.start(host.order({}), {signal});
		await server.asked;
		const temporary = await temporaryOf('trust-1');

		await host.builder.cancel('trust-1', {signal});

		expect(await host.builder.status('trust-1', {signal})).toMatchObject({state: 'failed', exitCode: 143});
		expect([await containers(), await isThere(temporary)]).toEqual([[], false]);
	});
});

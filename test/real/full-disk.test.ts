import {execFileSync, spawnSync} from 'node:child_process';
import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {expect, test} from 'vitest';
import {createJournal, openJournal} from '../../src/adapters/journal/journal.ts';
import {verifyRecord} from '../../src/adapters/journal/verify-record.ts';
import {actions} from '../../src/engine/actions/index.ts';
import type {Journal} from '../../src/engine/ports/journal.ts';
import {beginSession, resumeSession} from '../../src/engine/session/session.ts';
import {sayFailure} from '../../src/say-failure.ts';
import {systemClock} from '../../src/wiring/setup.ts';
import {connect} from '../adapters/registry/server.ts';
import {processes} from '../support/processes.ts';
import {describeReal, temporaryFolder} from '../support/real.ts';
import {noSecrets} from '../support/redacting.ts';
import {openSlowPush, type SlowPush, slowPushPrograms} from '../support/slow-push.ts';
import {viewOf} from '../support/small-session.ts';

const page = `---
runbook: build
title: Build an image
inputs:
  image: {type: image, prompt: Which image?}
start: build
decide: decide
---
Pulls fail.

## Build it {#build}
\`\`\`yaml step
action: builder.build
with: {image: '\${inputs.image}'}
gate: approve
outcomes: {pushed: decide, failed: decide, no-program: decide, no-space: decide, busy: decide, late: decide, unavailable: decide, refused: decide, unreachable: decide}
\`\`\`

## Decide {#decide}
\`\`\`yaml step
choose: What now?
options:
  stop: {title: Stop}
outcomes:
  stop: {stop: handed-over, say: Not verified., unverified: true}
\`\`\`
`;

/** A disk of this size, which only root can mount. */
async function openDisk(size: string): Promise<({folder: string} & AsyncDisposable) | undefined> {
	const temporary = await temporaryFolder();
	const folder = path.join(temporary.folder, 'disk');
	await mkdir(folder);
	const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${size},mode=700`, 'tmpfs', folder]).status === 0;
	if (!mounted) {
		await temporary[Symbol.asyncDispose]();
		return undefined;
	}

	return {
		folder,
		async [Symbol.asyncDispose]() {
			// Lazily: where the test failed, the journal is still open.
			execFileSync('umount', ['-l', folder]);
			await temporary[Symbol.asyncDispose]();
		},
	};
}

function optionsOf(scene: SlowPush, journal: Journal) {
	const ports = {
		registry: connect({host: scene.host}),
		builder: scene.builder,
		clock: systemClock,
		secrets: noSecrets,
	};
	return {journal, ports, actions, actor: 'ada', pace: 'auto' as const};
}

describeReal('a disk that fills up while a build runs', slowPushPrograms, () => {
	test('the end says what goes on and exits 8; the build pushes, and the record loses nothing', {
		timeout: 60_000,
	}, async ({skip}) => {
		await using disk = await openDisk('256k');
		if (disk === undefined) {
			return skip('no file system can be mounted here');
		}

		await using scene = await openSlowPush(1);
		const folder = path.join(disk.folder, 'incident');
		const stamp = () => ({at: new Date().toISOString(), mono: performance.now(), actor: 'ada'});
		const first = await createJournal({folder, actor: 'ada', processes, stamp});
		const session = await beginSession(optionsOf(scene, first), {
			type: 'incident.opened',
			schema: 'regmedic.journal/1',
			incident: '2026-04-19-build-calm-otter',
			version: '0.1.0',
			runbook: page,
			inputs: {image: `${scene.host}/acme/app-0:latest`},
			settings: {
				host: scene.host,
				plainHttp: true,
				fallback: 'build-vm',
				build: {git: 'https://git.example/acme/infra', builder: 'buildah'},
			},
			dryRun: false,
		});
		await viewOf(session, ({incident}) => incident.phase.kind === 'gate');
		await session.say({type: 'gate.answered', answer: 'approve', step: 'build', attempt: 1});
		const {incident} = await viewOf(session, view => view.incident.visits.some(({progress}) => progress.length > 0));
		const {phase} = incident;
		const request = phase.kind === 'running' ? phase.request : '';
		const before = await readFile(path.join(folder, 'events.jsonl'), 'utf8');

		const ballast = path.join(disk.folder, 'ballast');
		await expect(writeFile(ballast, Buffer.alloc(1024 * 1024))).rejects.toMatchObject({code: 'ENOSPC'});
		// Longer than what is left of the journal's last page.
		await session.say({type: 'note.added', text: 'x'.repeat(9000)}).catch(() => {});
		const error = await session.ended.then(
			() => undefined,
			(halted: unknown) => halted,
		);
		const said: string[] = [];
		const exitCode = sayFailure(error, {} as never, {version: '0.1.0', talk: text => void said.push(text)});

		expect(exitCode).toBe(8);
		expect(said.join('')).toMatch(/^The disk is full: .+ cannot be written\./);
		expect(said.join('')).toContain(`"Build it" (${scene.builder.place}) may still be running (request ${request})`);
		await first.close();
		while ((await scene.builder.status(request, {signal: AbortSignal.timeout(30_000)})).state === 'running') {
			await pause(50);
		}

		expect(await scene.digestIn('acme/app-0')).toBe(scene.pushed);

		await rm(ballast);
		const second = await openJournal({folder, actor: 'ada', processes, stamp});
		const resumed = await resumeSession(optionsOf(scene, second));
		const {incident: after} = await viewOf(resumed, view => view.incident.phase.kind === 'asking');
		await resumed.leave('left');
		await second.close();

		expect(after.visits[0]).toMatchObject({step: 'build', outcome: 'pushed'});
		expect((await readFile(path.join(folder, 'events.jsonl'), 'utf8')).startsWith(before)).toBe(true);
		expect((await verifyRecord(folder)).problems).toEqual([]);
		expect(second.events().filter(({type}) => type === 'effect.intended')).toHaveLength(1);
	});
});

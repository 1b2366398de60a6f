import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {causeOfFailure, lastStage, plainLog} from '../../src/domain/build/build-failure.ts';
import {type BuildHost, buildHostPrograms, openBuildHost, type Program} from '../support/build-host.ts';
import {failedBuilds} from '../support/failed-builds.ts';
import {describeReal, locate} from '../support/real.ts';
import {openRecorder} from '../support/record-failed-builds.ts';
import {isSweep} from '../support/sweep.ts';

const {signal} = new AbortController();

/** docker is the real command line, in front of Podman's service. */
const programs: Program[] = locate('docker') === undefined ? ['buildah', 'podman'] : ['buildah', 'podman', 'docker'];
/** Each once, of one program after the other; all of all programs in a sweep, and where their words are recorded anew. */
const isWhole = isSweep || process.env.REGMEDIC_RECORD === '1';
const cases = failedBuilds.flatMap((failed, n) => {
	const able = programs.filter(program => failed.programs?.includes(program) ?? true);
	return able.filter((_, at) => isWhole || at === n % able.length).map(program => ({...failed, program}));
});
const isRoot = process.getuid?.() === 0;

describeReal('a build that fails says why', [...buildHostPrograms, 'nginx', 'busybox'], () => {
	let host: BuildHost;
	let count = 0;
	const recorder = openRecorder();

	beforeAll(async () => {
		host = await openBuildHost(await mkdtemp(path.join(tmpdir(), 'regmedic-failed-')));
	});

	afterAll(async () => {
		await host?.[Symbol.asyncDispose]();
		await rm(host.folder, {recursive: true, force: true});
		recorder.close();
	});

	test.for(cases)('$program: $name', {timeout: 90_000}, async ({program, name, stage, cause, prepare}, {skip}) => {
		if (name.includes('disk') && !isRoot) {
			return skip('no file system can be mounted here');
		}

		await using cleanup = new AsyncDisposableStack();
		await host.run('git', '-C', path.join(host.folder, 'infra'), 'rm', '-rfq', '--ignore-unmatch', '.');
		const {files, order} = await prepare(host, cleanup);
		await host.commit(files);
		const requestId = `failed-${++count}`;
		const {credentials, ...whole} = {...host.order({program, requestId}), ...order};
		const started = await host.builder.start({...whole, ...(credentials && {credentials})}, {signal});
		expect(started).toMatchObject({state: 'started'});
		const status = await host.ended(requestId);
		const log = (await host.builder.log(requestId, 0, {signal})).text;

		expect(status, log).toMatchObject({state: 'failed', stage});
		recorder.add({program, name, status, folder: host.folder});
		expect(causeOfFailure(stage, lastStage(plainLog(log)))?.cause, log).toMatch(cause);
	});
});

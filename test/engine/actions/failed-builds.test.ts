import {readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {causeOfFailure, lastStage, plainLog} from '../../../src/domain/build/build-failure.ts';
import {parseReference} from '../../../src/domain/image/reference.ts';
import {resultOfBuild} from '../../../src/engine/actions/build-result.ts';
import type {BuildStage} from '../../../src/engine/ports/builder.ts';
import {failedBuilds} from '../../support/failed-builds.ts';
import {contextWith, fakeRegistry} from '../../support/fake-ports.ts';
import {recordedBuilds} from '../../support/record-failed-builds.ts';

const image = parseReference('registry.example/infra-ci:latest');
const {builds} = recordedBuilds();
const elsewhere = JSON.parse(
	readFileSync(new URL('../../recorded/failed-builds-elsewhere.json', import.meta.url), 'utf8'),
) as {builds: {program: string; source: string; stage: BuildStage; cause: string; log: string}[]};

/** Its hint and its log come after the cause. */
async function told(stage: BuildStage, exitCode: number, detail: string): Promise<string> {
	const context = contextWith({registry: fakeRegistry()});
	const recorded = [{name: 'started', detail: {before: null}}];
	const {say} = await resultOfBuild({state: 'failed', stage, exitCode, detail}, image, {...context, recorded});
	return say;
}

test.each(builds)('the words of $program say first: $name', async ({name, stage, exitCode, log}) => {
	const {cause} = failedBuilds.find(each => each.name === name)!;
	const found = causeOfFailure(stage, lastStage(plainLog(log)))?.cause;

	expect(found).toMatch(cause);
	const say = await told(stage, exitCode, log);
	expect(say.startsWith(`The build failed at the ${stage} stage (exit ${exitCode}): ${found}.`), say).toBe(true);
	expect(say).not.toMatch(/\r|DEPRECATED|Failed to get credentials|stored unencrypted/);
});

test.each(elsewhere.builds)('the words of $program in $source say first: $cause', async ({stage, cause, log}) => {
	expect(await told(stage, 1, log)).toMatch(`The build failed at the ${stage} stage (exit 1): ${cause}.`);
});

test('every way in which a build fails was recorded, of each program that can fail so', () => {
	const recorded = new Set(builds.map(({program, name}) => `${program.split(' ')[0]}: ${name}`));
	const missing = failedBuilds.flatMap(({name, programs = ['buildah', 'podman', 'docker']}) =>
		programs.map(program => `${program}: ${name}`).filter(each => !recorded.has(each)),
	);

	expect(missing).toEqual([]);
	expect(new Set(builds.map(({program}) => program))).toContain('docker 20.10.24, podman 4.3.1');
});

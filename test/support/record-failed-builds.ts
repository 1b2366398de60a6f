import {execFileSync} from 'node:child_process';
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {BuildStage, BuildStatus} from '../../src/engine/ports/builder.ts';
import type {Program} from './build-host.ts';

/** `log`: the end of its log, as the host tells it. `program`: with its version, behind docker's the service that it spoke to. */
export type RecordedBuild = {program: string; name: string; stage: BuildStage; exitCode: number; log: string};

const file = fileURLToPath(new URL('../recorded/failed-builds.json', import.meta.url));

export function recordedBuilds(): {about: string; builds: RecordedBuild[]} {
	return JSON.parse(readFileSync(file, 'utf8')) as {about: string; builds: RecordedBuild[]};
}

/** REGMEDIC_RECORD=1 writes the words of this machine's programs in the place of those of the same versions. */
export function openRecorder() {
	const found: RecordedBuild[] = [];
	const isRecording = process.env.REGMEDIC_RECORD === '1';
	return {
		add({program, name, status, folder}: {program: Program; name: string; status: BuildStatus; folder: string}) {
			if (isRecording && status.state === 'failed') {
				const {stage, exitCode, detail} = status;
				const log = detail.replaceAll(folder, '/srv/ci').replaceAll(/on \d[\d.]+:53/g, 'on 192.0.2.53:53');
				found.push({program: versionOf(program), name, stage, exitCode, log});
			}
		},
		close() {
			if (found.length === 0) {
				return;
			}

			const before = existsSync(file) ? recordedBuilds().builds : [];
			const isNew = ({program, name}: RecordedBuild) =>
				found.some(each => each.program === program && each.name === name);
			const builds = [...before.filter(each => !isNew(each)), ...found];
			const about =
				'The ends of logs of builds that failed on Debian 12, recorded by test/real/failed-builds.test.ts on 2026-11-29 with REGMEDIC_RECORD=1. The folder of the test and the address of its name server are written as neutral ones.';
			writeFileSync(file, `${JSON.stringify({about, builds}, undefined, '\t')}\n`);
		},
	};
}

function versionOf(program: Program): string {
	const version = (name: string, ...args: string[]) =>
		/\d+\.\d+\.\d+/.exec(execFileSync(name, args, {encoding: 'utf8'}))?.[0] ?? '';
	const own = `${program} ${version(program, '--version')}`;
	return program === 'docker' ? `${own}, podman ${version('podman', '--version')}` : own;
}

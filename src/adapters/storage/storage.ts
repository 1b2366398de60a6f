import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {restartLogCommand} from '../../domain/incident/restart-log.ts';
import {chooseCompose} from '../../domain/storage/restart-form.ts';
import {programsIn} from '../../domain/storage/restart-programs.ts';
import type {Redact} from '../../domain/text/redaction.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import {askTogether} from './ask-together.ts';
import {hashBlobs} from './blobs/hash-blobs.ts';
import {readBlobs} from './blobs/read-blob.ts';
import {streamBlob} from './blobs/stream-blob.ts';
import {markApplied, readApplied} from './host/applied-plans.ts';
import {listDataAside, moveDataAside, putDataBack} from './host/aside.ts';
import {readHostNow} from './host/cleaners.ts';
import {dryRunCollection} from './host/dry-run-collection.ts';
import {findMissing} from './host/find-programs.ts';
import {identifyStore} from './host/identify-store.ts';
import {readMaintenance} from './host/maintenance.ts';
import {sampleStore} from './host/sample-store.ts';
import {surveyStore} from './host/survey-store.ts';
import {suspendOnHost} from './host/suspend.ts';
import {listStore} from './listing/list.ts';
import {lockStore} from './lock.ts';
import {recheckPaths} from './recheck.ts';

type StorageOptions = {
	shell: Shell;
	/** The folder that `rootdirectory` names, or the docker/registry/v2 below it. */
	root: string;
	/** A shell command, run unchanged on the host. */
	restartCommand?: string;
	/** A shell command that runs commands of Redis from its standard input. */
	redisCommand?: string;
	place?: string;
	/** A folder that plays the host's `/`: a copy of it, or a drill's. Absent: the host itself. */
	hostRoot?: string;
	/** Hides secrets in what a collection says, before that is cut. */
	redact?: Redact;
};

const restartTimeoutMs = 2 * 60_000;
const logTimeoutMs = 20_000;
const logLines = 20;

/**
 * A registry's storage folder, on whichever machine the shell runs. Closing it closes the shell.
 * @throws OperatorError storage.root
 */
export function createStorage({
	shell,
	root: givenRoot,
	restartCommand,
	redisCommand,
	place = `${shell.place}:${givenRoot}`,
	hostRoot: givenHostRoot,
	redact = text => text,
}: StorageOptions): Storage {
	const root = checkedFolder(givenRoot, 'storage folder');
	// An empty or relative path must never come to mean the host itself.
	const hostRoot = givenHostRoot === undefined ? undefined : checkedFolder(givenHostRoot, 'folder that plays /');

	const blobs = askTogether((digests: readonly Digest[], {signal}) => readBlobs(digests, {shell, root, signal}));

	return {
		place,
		list: options => listStore({...options, shell, root}),
		recheck: askTogether((paths, {signal}) => recheckPaths(paths, {shell, root, signal})),
		sample: (listed, {signal}) => sampleStore(listed, {shell, root, signal}),
		survey: ({signal}) => surveyStore({shell, root, signal}),
		applied: (plan, {signal}) => readApplied(plan, {shell, root, signal}),
		markApplied: (plan, {signal}) => markApplied(plan, {shell, root, signal}),
		identity: ({signal}) => identifyStore({shell, root, signal}),
		readBlob: async (digest, waiting) => (await blobs([digest], waiting)).get(digest),
		streamBlob: (blob, {signal}) => streamBlob(blob, {shell, root, signal}),
		hash: (digests, options) => hashBlobs(digests, {...options, shell, root}),
		maintenance: ({signal}) => readMaintenance({...defined({hostRoot}), shell, root, signal}),
		hostNow: ({known, signal}) => readHostNow({...defined({hostRoot, known}), shell, root, signal}),
		dryRunCollection: (command, {signal}) => dryRunCollection({shell, command, redact, signal}),
		suspend: (suspension, {signal}) => suspendOnHost(suspension, {shell, signal}),
		moveAside: (data, lock, {signal}) => moveDataAside(data, lock, {shell, root, signal}),
		putBack: (data, lock, {signal}) => putDataBack(data, lock, {shell, root, signal}),
		aside: (incident, {signal}) => listDataAside(incident, {shell, root, signal}),
		...defined({restartCommand, redisCommand}),
		async forget(commands, {signal}) {
			if (redisCommand === undefined) {
				throw new TypeError('No command for Redis is configured.');
			}

			const input = commands.map(each => `${each}\n`).join('');
			const request = {kind: 'write', script: redisCommand, input, timeoutMs: logTimeoutMs} as const;
			const {exitCode, stdout, stderr} = await shell.run(request, {signal});
			return {exitCode, output: `${Buffer.from(stdout)}${stderr}`};
		},
		async restartObstacles({signal}) {
			const command = restartCommand ?? '';
			const missing = await findMissing(programsIn(command.replaceAll(chooseCompose, 'true')), {shell, signal});
			const either = command.includes(chooseCompose)
				? await findMissing([{name: 'docker'}, {name: 'docker-compose'}], {shell, signal})
				: [];
			return either.length === 2 ? [...missing, 'neither docker nor docker-compose is there'] : missing;
		},
		async restart({signal}) {
			if (restartCommand === undefined) {
				throw new TypeError('No restart command is configured.');
			}

			const request = {kind: 'write', script: restartCommand, timeoutMs: restartTimeoutMs} as const;
			const {exitCode, stdout, stderr} = await shell.run(request, {signal});
			return {exitCode, output: `${Buffer.from(stdout)}${stderr}`};
		},
		async restartLog({signal}) {
			const script = restartLogCommand(restartCommand ?? '', logLines);
			if (script === undefined) {
				return undefined;
			}

			const {stdout} = await shell.run({kind: 'read', script, timeoutMs: logTimeoutMs}, {signal});
			return Buffer.from(stdout).toString();
		},
		lock: (holder, {signal}) => lockStore({shell, root, holder, signal}),
		close: () => shell.close(),
	};
}

function checkedFolder(folder: string, what: string): string {
	if (!folder.startsWith('/') || /[\n\0]/.test(folder)) {
		throw new OperatorError('storage.root', `"${folder}" is not an absolute path.`, {
			hint: `Give the ${what} as its host sees it, from / on.`,
			exit: 'configuration',
		});
	}

	return folder.replace(/(?<=.)\/+$/, '');
}

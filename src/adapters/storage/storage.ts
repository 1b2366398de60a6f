import {defined} from '../../domain/defined.ts';
import {OperatorError} from '../../domain/errors.ts';
import type {Digest} from '../../domain/image/digest.ts';
import {restartLogCommand} from '../../domain/incident/restart-log.ts';
import {chooseCompose} from '../../domain/storage/restart-form.ts';
import {programsIn} from '../../domain/storage/restart-programs.ts';
import type {Redact} from '../../domain/text/redaction.ts';
import type {Shell} from '../../engine/ports/shell.ts';
import type {Storage} from '../../engine/ports/storage.ts';
import type {Waiting} from '../../engine/ports/waiting.ts';
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
import {findContainerStores, sayContainerStores} from './host/registry-containers.ts';
import {sampleStore} from './host/sample-store.ts';
import {surveyStore} from './host/survey-store.ts';
import {suspendOnHost} from './host/suspend.ts';
import {listStore} from './listing/list.ts';
import {lockStore} from './lock.ts';
import {recheckPaths} from './recheck.ts';
import {type AskedLinks, readAllTagLinks} from './tag-links.ts';

type StorageOptions = {
	shell: Shell;
	/** The folder that `rootdirectory` names, or the docker/registry/v2 below it; or what finds it, where an engine knows it. */
	root: string | ((waiting: Waiting) => Promise<string>);
	/** For commands that are about the host, not the store. Absent: the same shell. */
	host?: Shell;
	/** A shell command, run unchanged on the host. */
	restartCommand?: string;
	/** How the store is reached, for people, where that is not told by who logs in. */
	describe?(waiting: Waiting): Promise<string>;
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
	host = shell,
	root: givenRoot,
	restartCommand,
	redisCommand,
	describe,
	place = `${shell.place}:${givenRoot}`,
	hostRoot: givenHostRoot,
	redact = text => text,
}: StorageOptions): Storage {
	const root = typeof givenRoot === 'string' ? checkedFolder(givenRoot, 'storage folder') : givenRoot;
	let found: string | undefined;
	let device: string | undefined;
	// An empty or relative path must never come to mean the host itself.
	const hostRoot = givenHostRoot === undefined ? undefined : checkedFolder(givenHostRoot, 'folder that plays /');

	/** Where the store is, asked once. */
	async function store({signal}: Waiting): Promise<Waiting & {shell: Shell; root: string}> {
		found ??= typeof root === 'string' ? root : await root({signal});
		return {shell, root: found, signal};
	}

	async function* stream(blob: Parameters<Storage['streamBlob']>[0], waiting: Waiting) {
		yield* streamBlob(blob, await store(waiting));
	}

	async function runRedis(kind: 'read' | 'write', commands: readonly string[], {signal}: Waiting) {
		if (redisCommand === undefined) {
			throw new TypeError('No command for Redis is configured.');
		}

		const input = commands.map(each => `${each}\n`).join('');
		const request = {kind, script: redisCommand, input, timeoutMs: logTimeoutMs} as const;
		const {exitCode, stdout, stderr} = await host.run(request, {signal});
		return {exitCode, output: `${Buffer.from(stdout)}${stderr}`};
	}

	/** A folder that is none, or is closed, may be one of a container: the engines of the host know where that is. */
	async function orContainers<T>(work: Promise<T>, {signal}: Waiting): Promise<T> {
		try {
			return await work;
		} catch (error) {
			throw hostRoot === undefined ? await withContainers(error, {shell: host, signal}) : error;
		}
	}

	const blobs = askTogether(async (digests: readonly Digest[], waiting) => readBlobs(digests, await store(waiting)));

	const links = askTogether(async (asked: readonly AskedLinks[], waiting) =>
		readAllTagLinks(asked, await store(waiting)),
	);

	return {
		place,
		list: options =>
			orContainers(
				store(options).then(where => listStore({...options, ...where})),
				options,
			),
		recheck: askTogether(async (paths, waiting) => recheckPaths(paths, await store(waiting))),
		async tagLinks(repository, digest, waiting) {
			const asked: AskedLinks = `${digest}@${repository}`;
			return (await links([asked], waiting)).get(asked) ?? new Map();
		},
		sample: async (listed, waiting) => sampleStore(listed, await store(waiting)),
		survey: waiting => orContainers(store(waiting).then(surveyStore), waiting),
		applied: async (plan, waiting) => readApplied(plan, await store(waiting)),
		markApplied: async (plan, waiting) => markApplied(plan, await store(waiting)),
		identity: async waiting => identifyStore(await store(waiting)),
		readBlob: async (digest, waiting) => (await blobs([digest], waiting)).get(digest),
		streamBlob: stream,
		hash: async (digests, options) => hashBlobs(digests, {...options, ...(await store(options))}),
		maintenance: async waiting => readMaintenance({...defined({hostRoot}), ...(await store(waiting)), host}),
		async hostNow({known, onProcesses, signal}) {
			const where = await store({signal});
			// The login itself may not see the folder.
			device ??= host === shell ? undefined : ((await identifyStore(where)).device ?? undefined);
			return readHostNow({...defined({hostRoot, known, identity: device, onProcesses}), ...where, shell: host});
		},
		dryRunCollection: (command, {signal}) => dryRunCollection({shell: host, command, redact, signal}),
		suspend: (suspension, {signal}) => suspendOnHost(suspension, {shell: host, signal}),
		moveAside: async (data, lock, waiting) => moveDataAside(data, lock, await store(waiting)),
		putBack: async (data, lock, waiting) => putDataBack(data, lock, await store(waiting)),
		aside: async (incident, waiting) => listDataAside(incident, await store(waiting)),
		...defined({restartCommand, redisCommand, describe}),
		redisAnswer: waiting => runRedis('read', ['PING'], waiting),
		forget: (commands, waiting) => runRedis('write', commands, waiting),
		async restartObstacles({signal}) {
			const command = restartCommand ?? '';
			const missing = await findMissing(programsIn(command.replaceAll(chooseCompose, 'true')), {shell: host, signal});
			const either = command.includes(chooseCompose)
				? await findMissing([{name: 'docker'}, {name: 'docker-compose'}], {shell: host, signal})
				: [];
			return either.length === 2 ? [...missing, 'neither docker nor docker-compose is there'] : missing;
		},
		async restart({signal}) {
			if (restartCommand === undefined) {
				throw new TypeError('No restart command is configured.');
			}

			const request = {kind: 'write', script: restartCommand, timeoutMs: restartTimeoutMs} as const;
			const {exitCode, stdout, stderr} = await host.run(request, {signal});
			return {exitCode, output: `${Buffer.from(stdout)}${stderr}`};
		},
		async restartLog({signal}) {
			const script = restartLogCommand(restartCommand ?? '', logLines);
			if (script === undefined) {
				return undefined;
			}

			const {stdout} = await host.run({kind: 'read', script, timeoutMs: logTimeoutMs}, {signal});
			return Buffer.from(stdout).toString();
		},
		lock: async (holder, waiting) => lockStore({...(await store(waiting)), holder}),
		async close() {
			await shell.close();
			if (host !== shell) {
				await host.close();
			}
		},
	};
}

/** The same error; where containers tell where registries keep their stores, its hint says so. */
async function withContainers(error: unknown, where: Waiting & {shell: Shell}): Promise<unknown> {
	if (!(error instanceof OperatorError) || !['storage.no-root', 'storage.denied'].includes(error.code)) {
		return error;
	}

	const said = await findContainerStores(where)
		.then(stores => sayContainerStores(stores.filter(each => !error.message.includes(`${each.folder} `))))
		.catch(() => undefined);
	const {code, message, hint, exit} = error;
	return said === undefined ? error : new OperatorError(code, message, {hint: `${said} ${hint}`, exit, cause: error});
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

import type {Shell, ShellRequest} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';
import {type ChosenImage, chooseImage} from './choose-image.ts';
import {type ContainerStoreOptions, findWay, type Way} from './find-way.ts';
import {openGuard} from './guard.ts';
import {launch} from './launch.ts';

/** A shell whose scripts run beside a store in a container, on the host of another shell. Closing it leaves that one open. */
type ContainerShell = Shell & {
	/** The store's folder, inside as outside. @throws OperatorError storage.volume | storage.container */
	root(waiting: Waiting): Promise<string>;
	/** For people: which image is used, and why. */
	describe(waiting: Waiting): Promise<string>;
};

type Options = ContainerStoreOptions & {
	host: Shell;
	/** Letters and digits: in the name of every container. */
	session: string;
};

const tryTimeoutMs = 60_000;

/**
 * Runs each script in a container of its own, which is removed at its end. Reads mount the store read-only; what a person has
 * approved (`write`) does not, and neither does the question whether a plan could be marked as applied. By its path, its device and its inode the store is the same as for every other responder, and so is its lock.
 */
export function createContainerShell({host, session, ...store}: Options): ContainerShell {
	const {image} = store;
	let known: (Way & {image: ChosenImage}) | undefined;
	let program = '';
	let number = 0;
	const guard = openGuard({host, session}, () => program);

	async function way({signal}: Waiting): Promise<Way & {image: ChosenImage}> {
		if (known === undefined) {
			const found = await findWay(store, host, {signal});
			program = found.program;
			const chosen = await chooseImage({
				...found,
				host,
				folder: found.mount.folder,
				signal,
				...(image !== undefined && {image}),
				tryIn: async (id, script) => {
					const request = {kind: 'read', script, timeoutMs: tryTimeoutMs} as const;
					return Buffer.from(
						(await start({...found, image: {id}, mount: undefined}, request, {signal})).stdout,
					).toString();
				},
			});
			known ??= {...found, image: chosen};
		}

		return known;
	}

	async function start(
		{
			engine,
			program: by,
			image: {id},
			mount,
		}: Pick<Way, 'engine' | 'program'> & {image: {id: string}; mount: Way['mount'] | undefined},
		request: ShellRequest,
		{signal}: Waiting,
	) {
		await guard.watching({signal});
		const name = `regmedic-${session}-${++number}`;
		const isWrite = request.kind === 'write';
		const launcher = launch({
			program: by,
			engine,
			place: host.place,
			image: id,
			name,
			session,
			writes: isWrite || request.asWriter === true,
			notes: isWrite || request.keepsNote === true,
			...(mount && {mount}),
		});
		try {
			return await host.run({...request, launcher}, {signal});
		} catch (error) {
			// It was left: its end was not seen.
			guard.remove(name);
			throw error;
		}
	}

	return {
		place: host.place,
		async run(request, waiting) {
			return start(await way(waiting), request, waiting);
		},
		async hostKey(waiting) {
			return host.hostKey?.(waiting);
		},
		root: async waiting => (await way(waiting)).root,
		async describe(waiting) {
			const {engine, image: chosen} = await way(waiting);
			return `read in containers of ${chosen.name} by ${engine} (${chosen.why})`;
		},
		close: guard.close,
	};
}

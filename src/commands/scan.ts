import {resolve} from 'node:path';
import {createStorage} from '../adapters/storage/storage.ts';
import {bareEnvironment} from '../composition/bare-environment.ts';
import {registryNamed} from '../composition/open-ports.ts';
import {openShell} from '../composition/open-shell.ts';
import {surroundingsOf} from '../composition/surroundings.ts';
import {exitCodes, OperatorError} from '../domain/errors.ts';
import {assess} from '../domain/storage-model.ts';
import {visibleJson} from '../domain/visible.ts';
import {sayScan} from '../plain/say-scan.ts';
import type {Invocation} from './invocation.ts';

export type ScanOptions = {
	path?: string;
	ssh?: string;
	root?: string;
	registry?: string;
	transport?: 'openssh' | 'ssh2';
	sshConfig?: string;
};

/** `regmedic scan`: reads a registry's storage and says what is wrong with it. Never writes. */
export async function scan(options: ScanOptions, invocation: Invocation): Promise<number> {
	const {configuration, runtimeFolder} = await surroundingsOf(invocation);
	const configured = options.registry === undefined ? undefined : registryNamed(configuration, options.registry);
	const place = placeOf(options, configured?.storage, invocation.folder);
	const shell = openShell(place, {
		environment: bareEnvironment(invocation.environment, configuration),
		...(runtimeFolder === undefined ? {} : {runtimeFolder}),
	});
	const storage = createStorage({shell, root: place.root, place: `${shell.place}:${place.root}`});

	try {
		const found = assess(await storage.list({signal: invocation.signal}), {role: configured?.role ?? 'authoritative'});
		invocation.print(
			invocation.flags.json
				? `${visibleJson({schema: 'regmedic.scan/1', ...found}, '  ')}\n`
				: `${sayScan(found, configured === undefined ? {} : {registry: new URL(configured.url).host}).join('\n')}\n`,
		);
		if (found.findings.length > 0) {
			return exitCodes.broken;
		}

		return found.complete ? exitCodes.done : exitCodes.indeterminate;
	} finally {
		await storage.close();
		await shell.close();
	}
}

type Place = {
	root: string;
	ssh?: string | undefined;
	transport?: 'openssh' | 'ssh2' | undefined;
	sshConfig?: string | undefined;
};

function placeOf(
	{path, ssh, root, registry, transport, sshConfig}: ScanOptions,
	storage: Place | undefined,
	folder: string,
): Place {
	if (path !== undefined) {
		return {root: resolve(folder, path)};
	}

	if (ssh !== undefined && root !== undefined) {
		return {ssh, root, transport, sshConfig};
	}

	if (storage) {
		return {
			...storage,
			...(transport === undefined ? {} : {transport}),
			...(sshConfig === undefined ? {} : {sshConfig}),
		};
	}

	throw registry === undefined
		? new OperatorError('scan.where', 'Nothing says where the storage is.', {
				hint: 'Write --path DIR, --ssh DEST --root DIR, or --registry NAME.',
				exit: 'usage',
			})
		: new OperatorError('scan.no-storage', `The configuration does not say where the storage of "${registry}" is.`, {
				hint: `Add registries.${registry}.storage: {ssh: HOST, root: DIR}.`,
				exit: 'configuration',
			});
}

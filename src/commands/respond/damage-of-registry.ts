import {type Configuration, meantPlatformsOf, registryFor} from '../../domain/configuration.ts';
import {referenceTo} from '../../domain/damage/damaged-image.ts';
import {defined} from '../../domain/defined.ts';
import {exitCodes, OperatorError} from '../../domain/errors.ts';
import type {ImageReference} from '../../domain/image/reference.ts';
import {parseSettings} from '../../domain/incident/settings.ts';
import {inOrderOfNeed, needOf} from '../../domain/plan/need.ts';
import {wrap} from '../../domain/text/wrap.ts';
import {type FoundBefore, foundBefore} from '../../engine/plan/found-before.ts';
import type {pinnedIn} from '../../engine/plan/read-usage.ts';
import {findDamage, type Scope} from '../../engine/plan/scope.ts';
import type {Invocation} from '../../invocation.ts';
import {showScanProgress} from '../../plain/scan/scan-progress.ts';
import {type OpenRegistryPorts, openRegistryPorts} from '../../wiring/ports.ts';
import {readSetup, type Setup, systemClock} from '../../wiring/setup.ts';
import {onlyRegistry, registryNamed} from '../configured-registry.ts';
import {keepHeapSmall} from '../small-heap.ts';

type Look = {
	host: string;
	setup: Setup;
	ports: OpenRegistryPorts;
	reported?: ImageReference;
	pinned?: Promise<ReturnType<typeof pinnedIn>>;
};

/** Finds all damage of a registry, with the progress on stderr. Only reads. */
export async function damageOf({host, setup, ports, reported, pinned}: Look, invocation: Invocation): Promise<Scope> {
	keepHeapSmall();
	const {configuration} = setup;
	const known = registryFor(configuration, host);
	const {terminal, talk, signal} = invocation;
	const progress = showScanProgress({terminal: terminal.stderr, talk, monotonic: systemClock.monotonic});
	return findDamage({
		registry: ports.registry,
		role: known?.registry.role ?? 'authoritative',
		platforms: meantPlatformsOf(configuration, known?.name),
		clock: systemClock,
		signal,
		onProgress: progress.update,
		...(reported !== undefined && {depth: 'content' as const}),
		...defined({storage: ports.storage, inventory: ports.inventory, reported, pinned}),
	}).finally(() => progress.stop());
}

/** What an incident about a whole registry begins with. `opened`: the registry's outside systems, to be closed. */
export type MostNeeded = {reference: ImageReference; found: FoundBefore; opened: OpenRegistryPorts};

/**
 * Looks at a whole registry: an incident about it begins with the damaged image that is needed most, and goes on from what was found.
 * @returns the exit code, where there is nothing to respond to: it was said why
 */
export async function mostNeeded(
	name: string,
	options: {plainHttp?: boolean; fillCache?: boolean},
	invocation: Invocation,
): Promise<MostNeeded | number> {
	const setup = await readSetup(invocation, options);
	const host = hostOf(name, undefined, setup.configuration);
	const ports = openRegistryPorts(host, setup);
	let isHandedOver = false;
	try {
		const scope = await damageOf({host, setup, ports}, invocation);
		const {images, gaps, trouble} = scope;
		const settings = (image: ImageReference) => parseSettings(ports.of(image).settings)!;
		const [first] = inOrderOfNeed(images, image => needOf(image, settings(referenceTo(image, host)), undefined));
		if (first !== undefined) {
			isHandedOver = true;
			return {reference: referenceTo(first, host), found: foundBefore(scope, systemClock), opened: ports};
		}

		const lines =
			trouble !== undefined
				? [
						trouble,
						'No image is called damaged. Repair the storage of the registry first: restart, push and delete nothing.',
					]
				: gaps.length > 0
					? ['No damage was found in what was read. Not everything could be read:', ...gaps]
					: [`No damage is known in ${name} (${host}).`];
		const columns = invocation.terminal.columns();
		invocation.print(`${lines.flatMap(line => wrap(line, defined({columns}))).join('\n')}\n`);
		return trouble === undefined && gaps.length === 0 ? exitCodes.done : exitCodes.indeterminate;
	} finally {
		await (isHandedOver ? undefined : ports.close());
	}
}

/** @throws OperatorError plan.needs-registry | configuration.no-registry */
export function hostOf(
	name: string | undefined,
	reported: ImageReference | undefined,
	configuration: Configuration,
): string {
	if (name === undefined) {
		const only = {
			code: 'plan.needs-registry' as const,
			hintForNone: 'Write a regmedic.yaml with the registry, or name an image.',
			hintForSeveral: 'Name one: --registry NAME.',
		};
		return reported?.host ?? new URL(registryNamed(configuration, onlyRegistry(configuration, only)).url).host;
	}

	const {host} = new URL(registryNamed(configuration, name).url);
	if (reported !== undefined && reported.host !== host) {
		throw new OperatorError('plan.needs-registry', `${reported.host} is not the registry "${name}" (${host}).`, {
			hint: 'Leave --registry or the image out.',
			exit: 'usage',
		});
	}

	return host;
}

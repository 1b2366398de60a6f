import {addressesOf, type Configuration, meantPlatformsOf, registryAt} from '../../domain/configuration.ts';
import {asOperatorError, exitCodes, OperatorError} from '../../domain/errors.ts';
import {formatReference, type ImageReference, parseReference} from '../../domain/image/reference.ts';
import {type ImageCheck, unanswered, type Verdict} from '../../domain/image/verdict.ts';
import {redactDeep} from '../../domain/text/redaction.ts';
import {visibleJson} from '../../domain/text/visible.ts';
import {type ImageUsed, imagesUsed} from '../../domain/usage/images-used.ts';
import type {Usage} from '../../domain/usage/usage.ts';
import {createWalker} from '../../engine/verify/walk-image.ts';
import type {Invocation} from '../../invocation.ts';
import {sayUsage} from '../../plain/usage/say-usage.ts';
import {openRegistryToVerify} from '../../wiring/look.ts';
import {readSetup, type Setup} from '../../wiring/setup.ts';
import {openUsage} from '../../wiring/usage.ts';
import {onlyRegistry, registryNamed} from '../configured-registry.ts';

type UsageOptions = {registry?: string; images?: true; plainHttp?: true};

/** An image with what the registry serves of it now. Absent: it was not asked. */
type ImageWithVerdict = ImageUsed & {verdict?: Verdict};

const order = ['broken', 'unknown', 'intact'] as const;

/**
 * `regmedic usage [IMAGE …]`: which workloads run which image of a registry, damaged ones first. Only reads.
 * @returns exit 0: what is used is whole; 3: something used is broken, or cannot be pulled now; 8: something used is unknown
 */
export async function usage(
	names: string[],
	{registry, images: onlyNames, plainHttp}: UsageOptions,
	invocation: Invocation,
): Promise<number> {
	const {flags, redaction, print, terminal, signal} = invocation;
	const references = names.map(parseReference);
	const setup = await readSetup(invocation, {...(plainHttp && {plainHttp})});
	const hosts = hostsOf(registry, references, setup.configuration);
	const reader = openUsage(hosts[0], setup);
	if (reader === undefined) {
		throw new OperatorError('workloads.unconfigured', 'It is not configured where the use of images is known.', {
			hint: 'Add usage: {kubectl: {context: NAME}}, {command: […]} or {file: PATH} to the configuration.',
			exit: 'configuration',
		});
	}

	const known = await reader.read({signal});
	const used = chosen(imagesUsed(known, hosts), references, hosts);
	if (onlyNames === true) {
		print(used.map(({reference}) => `${formatReference(reference)}\n`).join(''));
		return exitCodes.done;
	}

	const images = damagedFirst(await withVerdicts(used, hosts[0], setup));
	const shown: Usage & {images: ImageWithVerdict[]} = redactDeep({...known, images}, redaction.redact);
	print(
		flags.json
			? `${visibleJson(documentOf(shown, hosts), '  ')}\n`
			: `${sayUsage(shown, hosts[0], terminal.columns()).join('\n')}\n`,
	);
	const isBroken = images.some(
		({verdict, usedBy}) => verdict === 'broken' || usedBy.some(({state}) => state === 'failing'),
	);
	return isBroken
		? exitCodes.broken
		: images.some(({verdict}) => verdict === 'unknown')
			? exitCodes.indeterminate
			: exitCodes.done;
}

/**
 * The addresses of the registry that is meant, that by which it is asked first.
 * @throws OperatorError usage.which-registry | configuration.no-registry
 */
function hostsOf(
	name: string | undefined,
	references: readonly ImageReference[],
	configuration: Configuration,
): [string, ...string[]] {
	const [first] = references;
	const byAddress = first && registryAt(first.host, configuration)?.host;
	const known = () => {
		const only = onlyRegistry(configuration, {
			code: 'usage.which-registry',
			hintForNone: 'Write a regmedic.yaml with the registry, or name an image.',
			hintForSeveral: 'Name one: --registry NAME.',
		});
		return new URL(registryNamed(configuration, only).url).host;
	};
	const host =
		name === undefined ? (byAddress ?? first?.host ?? known()) : new URL(registryNamed(configuration, name).url).host;
	const hosts = addressesOf(configuration, host);
	const stranger = references.find(reference => !hosts.includes(reference.host));
	if (stranger !== undefined) {
		throw new OperatorError('usage.which-registry', `${formatReference(stranger)} is not of the registry ${host}.`, {
			hint: 'Ask about one registry at a time. Further addresses of it belong into registries.….addresses.',
			exit: 'usage',
		});
	}

	return [host, ...hosts.filter(each => each !== host)];
}

/** Those that were asked for, also where nothing uses them. */
function chosen(
	used: readonly ImageUsed[],
	references: readonly ImageReference[],
	hosts: readonly [string, ...string[]],
): ImageUsed[] {
	const keyOf = (reference: ImageReference) => formatReference({...reference, host: hosts[0]});
	const known = new Map(used.map(each => [keyOf(each.reference), each]));
	return references.length === 0
		? [...used]
		: references.map(
				reference => known.get(keyOf(reference)) ?? {reference: {...reference, host: hosts[0]}, usedBy: []},
			);
}

async function withVerdicts(used: ImageUsed[], host: string, setup: Setup): Promise<ImageWithVerdict[]> {
	const opened = openRegistryToVerify(host, setup, {depth: 'edge'});
	const {signal, configuration} = setup;
	const walker = createWalker(opened.registry, {
		depth: 'edge',
		role: opened.known?.registry.role ?? 'authoritative',
		platforms: meantPlatformsOf(configuration, opened.known?.name),
		signal,
	});
	const look = (reference: ImageReference): Promise<ImageCheck> =>
		walker.walk(reference).catch(error => {
			signal.throwIfAborted();
			return unanswered(reference, asOperatorError(error));
		});
	try {
		return await Promise.all(used.map(async each => ({...each, verdict: (await look(each.reference)).verdict})));
	} finally {
		await opened.close();
	}
}

function damagedFirst(images: ImageWithVerdict[]): ImageWithVerdict[] {
	const rank = ({verdict = 'unknown', usedBy}: ImageWithVerdict) =>
		order.indexOf(verdict) * 2 + (usedBy.some(({state}) => state === 'failing') ? 0 : 1);
	return images.sort((one, other) => rank(one) - rank(other));
}

function documentOf(
	{at, source, lookedAt, notLookedAt, images}: Usage & {images: ImageWithVerdict[]},
	hosts: readonly string[],
) {
	return {
		schema: 'regmedic.usage/1',
		registry: hosts[0],
		addresses: hosts,
		at,
		source,
		lookedAt,
		notLookedAt,
		images: images.map(({reference, ...each}) => ({reference: formatReference(reference), ...each})),
	};
}

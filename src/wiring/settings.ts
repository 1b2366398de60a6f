import {imageFor, registryFor} from '../domain/configuration.ts';
import type {ImageReference} from '../domain/image/reference.ts';
import type {SettingsValues} from '../domain/incident/settings.ts';
import type {JsonObject} from '../domain/json.ts';
import {urlOf} from './registry.ts';
import type {Setup} from './setup.ts';

/** The part of the configuration that the journal keeps: everything a step may need, and no secret. */
export function settingsOf(
	reference: ImageReference,
	{configuration, plainHttp = false}: Pick<Setup, 'configuration' | 'plainHttp'>,
): JsonObject {
	const known = registryFor(configuration, reference.host);
	const image = imageFor(configuration, reference, known?.name)?.image;
	const {build, fallback} = image ?? {};
	const hasCi = build !== undefined && configuration.woodpecker !== undefined;

	return {
		host: reference.host,
		registry: known?.name ?? null,
		role: known?.registry.role ?? 'authoritative',
		plainHttp: plainHttp || (known?.registry.url ?? urlOf(reference.host, false)).startsWith('http:'),
		restart: known?.registry.storage?.restart ?? null,
		pipeline: hasCi ? `${build.repository}@${build.branch}` : null,
		repository: hasCi ? build.repository : null,
		branch: hasCi ? build.branch : null,
		runsInItself: build?.runsIn.includes(reference.repository) ?? false,
		fallback:
			fallback === undefined ? null : fallback.on === 'local' ? 'this machine' : (known?.registry.storage?.ssh ?? null),
		build: fallback === undefined ? null : {...fallback, branch: fallback.branch ?? null},
	} satisfies SettingsValues;
}

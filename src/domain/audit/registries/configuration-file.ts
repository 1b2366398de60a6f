import {isMap, isScalar, LineCounter, parseDocument} from 'yaml';
import {defined} from '../../defined.ts';
import type {MaintenanceFile} from '../maintenance.ts';
import type {Setting} from './registry-on-host.ts';

/** What matters here of a registry's configuration file. */
export type RegistryConfigurationFile = {
	path: string;
	/** `storage.cache`, by its keys; undefined: there is no such section. */
	cache?: Map<string, Setting>;
	/** `storage.delete.enabled`, where it is true. */
	deletes?: Setting;
	/** `proxy.remoteurl`, where it is set: it is a pull-through cache. */
	proxy?: Setting;
	/** `storage.filesystem.rootdirectory`. */
	root?: string;
};

export function readConfigurationFile({path, text}: MaintenanceFile): RegistryConfigurationFile {
	const counter = new LineCounter();
	const document = parseDocument(text, {lineCounter: counter, logLevel: 'silent'});
	const lines = text.split('\n');
	const setting = (node: {range?: readonly number[] | null | undefined}, value: unknown): Setting => {
		const at = counter.linePos(node.range?.[0] ?? 0).line;
		return {file: path, at, line: lines[at - 1]!.trim(), value: value === null ? '' : String(value)};
	};

	const section: unknown = document.getIn(['storage', 'cache'], true);
	const cache = isMap(section)
		? new Map(
				section.items.flatMap(({key, value}): [string, Setting][] =>
					isScalar(key) && (isScalar(value) || value === null)
						? [[String(key.value), setting(value ?? key, value === null ? null : value.value)]]
						: [],
				),
			)
		: undefined;
	const deletes: unknown = document.getIn(['storage', 'delete', 'enabled'], true);
	const proxy: unknown = document.getIn(['proxy', 'remoteurl'], true);
	const root: unknown = document.getIn(['storage', 'filesystem', 'rootdirectory']);
	return {
		path,
		...defined({
			cache,
			deletes: isScalar(deletes) && isTrue(String(deletes.value)) ? setting(deletes, deletes.value) : undefined,
			proxy: isScalar(proxy) && proxy.value ? setting(proxy, proxy.value) : undefined,
			root: typeof root === 'string' ? root : undefined,
		}),
	};
}

/** @see YAML 1.1, bool, which the registry's parser reads */
export function isTrue(value: string): boolean {
	return /^(?:y|yes|true|on)$/i.test(value);
}

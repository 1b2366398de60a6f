import type {MaintenanceFile} from '../maintenance.ts';
import type {Setting} from './registry-on-host.ts';

/** The registry's variables in a file of `NAME=value` lines, or in the environment of a container or process. */
export function variablesIn({path, text}: Pick<MaintenanceFile, 'path' | 'text'>): [string, Setting][] {
	return text.split('\n').flatMap((line, n): [string, Setting][] => {
		const [, name, value = ''] = /^\s*(?:export\s+)?(REGISTRY_\w+)=(.*?)\s*$/.exec(line) ?? [];
		return name === undefined ? [] : [[name, {file: path, at: n + 1, line: line.trim(), value}]];
	});
}

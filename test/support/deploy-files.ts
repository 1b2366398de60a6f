import {readFile} from 'node:fs/promises';
import path from 'node:path';
import {parse} from 'yaml';

export const root = path.resolve(import.meta.dirname, '../..');
export const deployFolder = path.join(root, 'deploy');

export function readDeployed(name: string): Promise<string> {
	return readFile(path.join(deployFolder, name), 'utf8');
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are checked by what the tests expect of them
export async function parseDeployed(name: string): Promise<any> {
	return parse(await readDeployed(name), {merge: true});
}

export type Rule = {
	alert: string;
	expr: string;
	for: string;
	labels: Record<string, string>;
	annotations: Record<string, string>;
};

export async function readRules(): Promise<Rule[]> {
	const {groups} = (await parseDeployed('prometheus/rules.yaml')) as {groups: {rules: Rule[]}[]};
	return groups.flatMap(({rules}) => rules);
}

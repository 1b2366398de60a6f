import {cp, mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {parse, stringify} from 'yaml';
import {deployFolder} from './deploy-files.ts';

export type Targets = {pushgateway: string; node: string};

/**
 * A configuration of Prometheus made from the shipped files, for these targets and faster: it scrapes four times a second,
 * and an alert waits 300 ms. Everything else is as shipped.
 * @returns the configuration's file
 */
export async function hurriedConfiguration(folder: string, {pushgateway, node}: Targets): Promise<string> {
	const shipped = path.join(deployFolder, 'prometheus');
	await mkdir(folder, {recursive: true});
	const rules = await readFile(path.join(shipped, 'rules.yaml'), 'utf8');
	await writeFile(path.join(folder, 'rules.yaml'), rules.replace(/^( +for:) .+$/gm, '$1 300ms'));
	const scrape = parse(await readFile(path.join(shipped, 'scrape.yaml'), 'utf8'));
	const addresses: Record<string, string> = {pushgateway, node};
	const configuration = {
		global: {scrape_interval: '250ms', scrape_timeout: '250ms', evaluation_interval: '250ms'},
		...scrape,
		scrape_configs: scrape.scrape_configs.map((job: {job_name: string}) => ({
			...job,
			static_configs: [{targets: [addresses[job.job_name]]}],
		})),
	};
	const file = path.join(folder, 'prometheus.yml');
	await writeFile(file, stringify(configuration));
	return file;
}

/** The rules with something changed, and their unit tests beside them. @returns the file of the tests */
export async function mutatedRules(folder: string, mutate: (rules: string) => string): Promise<string> {
	await cp(path.join(deployFolder, 'prometheus'), folder, {recursive: true});
	const file = path.join(folder, 'rules.yaml');
	const rules = await readFile(file, 'utf8');
	const mutated = mutate(rules);
	if (mutated === rules) {
		throw new Error('The mutation changes nothing.');
	}

	await writeFile(file, mutated);
	return path.join(folder, 'rules.test.yaml');
}

import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {parse} from 'yaml';
import {createLocalShell} from '../../../src/adapters/ssh/local.ts';
import {createStorage} from '../../../src/adapters/storage/storage.ts';
import {assessMaintenance} from '../../../src/domain/audit/audit.ts';
import {severities} from '../../../src/domain/audit/hazard.ts';
import {createNonces} from '../../support/nonces.ts';
import {processes} from '../../support/processes.ts';
import {createTempFolder} from '../../support/temp-folder.ts';

type Case = {name: string; files: Record<string, string>; right?: string[]; 'or-told'?: string; never?: string[]};

const order: readonly string[] = severities;
const read = async (name: string) => parse(await readFile(path.join(import.meta.dirname, name), 'utf8'));
const base: Record<string, string> = await read('base.yaml');

async function audit(files: Record<string, string>) {
	const host = await createTempFolder();
	const root = path.join(host, 'opt/registry/data');
	await mkdir(path.join(root, 'docker/registry/v2/repositories/acme'), {recursive: true});
	for (const [name, text] of Object.entries({...base, ...files})) {
		await mkdir(path.dirname(path.join(host, name)), {recursive: true});
		await writeFile(path.join(host, name), text, {mode: 0o755});
	}

	const storage = createStorage({shell: createLocalShell({nonce: createNonces(), processes}), root, hostRoot: host});
	const {risks, unseen} = assessMaintenance(await storage.maintenance({signal: AbortSignal.timeout(20_000)}));
	return {risks: risks.filter(({severity}) => severity !== 'worth-knowing'), unseen};
}

for (const kind of ['cache-settings']) {
	const cases: Case[] = await read(`${kind}.yaml`);
	test.concurrent.each(cases)(`${kind}: $name`, async ({files, right = [], 'or-told': named, never = []}) => {
		const {risks, unseen} = await audit(files);
		const said = risks.map(risk => `${risk.severity} ${risk.kind} ${risk.file}:${risk.at}`);
		const isSaid = (line: string) => {
			const [least = '', what, where] = line.split(' ');
			return risks.some(
				risk =>
					order.indexOf(risk.severity) <= order.indexOf(least) &&
					(what === '*' || what === risk.kind) &&
					where === `${risk.file}:${risk.at}`,
			);
		};
		const missing = right.filter(line => !isSaid(line));
		const isTold = named !== undefined && unseen.some(({what, why}) => `${what} ${why}`.includes(named));

		expect(isTold ? [] : missing, said.join('\n')).toEqual([]);
		expect(risks.filter(risk => never.includes('*') || never.includes(risk.kind))).toEqual([]);
	});
}

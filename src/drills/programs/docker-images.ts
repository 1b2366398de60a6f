import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import type {ProgramContext} from './context.ts';

/** The daemon's image store: which seed was built under which name. */
export async function tagLocally({places}: ProgramContext, reference: string, seed: string): Promise<void> {
	const folder = path.join(places.vm, 'docker-images');
	await mkdir(folder, {recursive: true});
	await writeFile(path.join(folder, fileNameOf(reference)), seed);
}

export async function seedOf({places}: ProgramContext, reference: string): Promise<string | undefined> {
	return readFile(path.join(places.vm, 'docker-images', fileNameOf(reference)), 'utf8').catch(() => undefined);
}

/** `host/repository:tag`; Docker adds `latest`. */
export function splitReference(reference: string): {host: string; repository: string; tag: string} {
	const [, host = '', repository = '', tag = 'latest'] = /^([^/]+)\/(.+?)(?::([^:/]+))?$/.exec(reference) ?? [];
	return {host, repository, tag};
}

function fileNameOf(reference: string): string {
	const {host, repository, tag} = splitReference(reference);
	return encodeURIComponent(`${host}/${repository}:${tag}`);
}

import {deleteBlob, getBlob} from './blobs.ts';
import {listCatalog, listTags} from './catalog.ts';
import type {Handler} from './exchange.ts';
import {deleteManifest, getManifest, putManifest} from './manifests.ts';
import {cancelUpload, finishUpload, patchUpload, startUpload, uploadStatus} from './uploads.ts';

export type Route = {repository: string; reference: string; isCatalog: boolean; methods: Map<string, Handler>};

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repository = `(${component}(?:/${component})*)`;
const digest = '[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+';

/** @see distribution v2.8.3 registry/api/v2/descriptors.go */
const table: {pattern: RegExp; reads: Record<string, Handler>; writes?: Record<string, Handler>}[] = [
	{pattern: /^\/v2\/()()_catalog$/, reads: {GET: listCatalog}},
	{pattern: new RegExp(`^/v2/${repository}()/tags/list$`), reads: {GET: listTags}},
	{
		pattern: new RegExp(`^/v2/${repository}/manifests/(\\w[\\w.-]{0,127}|${digest})$`),
		reads: {GET: getManifest, HEAD: getManifest},
		writes: {PUT: putManifest, DELETE: deleteManifest},
	},
	{
		pattern: new RegExp(`^/v2/${repository}/blobs/(${digest})$`),
		reads: {GET: getBlob, HEAD: getBlob},
		writes: {DELETE: deleteBlob},
	},
	{
		pattern: new RegExp(`^/v2/${repository}/blobs/uploads/([a-zA-Z0-9-_.=]*)$`),
		reads: {GET: uploadStatus, HEAD: uploadStatus},
		writes: {POST: startUpload, PATCH: patchUpload, PUT: finishUpload, DELETE: cancelUpload},
	},
];

/** Undefined: the path does not exist. */
export function findRoute(pathname: string, readonly: boolean): Route | undefined {
	for (const {pattern, reads, writes} of table) {
		const [matched, name = '', reference = ''] = pattern.exec(pathname) ?? [];

		if (matched !== undefined) {
			return {
				repository: name,
				reference,
				isCatalog: pathname === '/v2/_catalog',
				methods: new Map(Object.entries({...reads, ...(readonly ? {} : writes)})),
			};
		}
	}

	return undefined;
}

import {expect, it} from 'vitest';
import {isVolume, partsOfVolume, volumeFolder} from '../../../src/domain/storage/volume.ts';

it.each([
	[
		'/var/lib/docker/volumes/registry-data/_data',
		{engine: 'docker', name: 'registry-data', below: '', rootless: false},
	],
	[
		'/mnt/big/docker/volumes/a.b_c/_data/private/',
		{engine: 'docker', name: 'a.b_c', below: 'private', rootless: false},
	],
	['/var/lib/docker/volumes/r/_data/docker/registry/v2', {engine: 'docker', name: 'r', below: '', rootless: false}],
	['/var/lib/containers/storage/volumes/r/_data', {engine: 'podman', name: 'r', below: '', rootless: false}],
	[
		'/home/nora/.local/share/docker/volumes/r/_data',
		{engine: 'docker', name: 'r', below: '', rootless: true, owner: 'nora'},
	],
	[
		'/home/nora/.local/share/containers/storage/volumes/r/_data',
		{engine: 'podman', name: 'r', below: '', rootless: true, owner: 'nora'},
	],
])('%s is a volume', (path, volume) => {
	expect(volumeFolder(path)).toEqual(volume);
});

it.each([
	'/opt/registry/data',
	'/var/lib/docker/volumes',
	'/var/lib/docker/volumes/x',
	'volumes/x/_data',
	'/volumes/_data',
])('%s is none', path => {
	expect(volumeFolder(path)).toBeUndefined();
});

it('a volume is a name that an engine takes, with a folder in it: nothing else reaches a command line', () => {
	for (const name of ['registry-data', 'acme_data/private/a', 'x/y.z']) {
		expect(isVolume(name)).toBe(true);
	}

	for (const name of ['', '-v', '/abs', 'a b', 'a;b', 'a/../b', 'a/..', 'a$(b)', 'a\nb', 'a/']) {
		expect(isVolume(name), name).toBe(false);
	}

	expect(partsOfVolume('data/private/a')).toEqual({name: 'data', folder: 'private/a'});
});

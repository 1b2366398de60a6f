import {expect, it} from 'vitest';
import {dangerousSchedules} from '../../src/domain/schedule.ts';

const kinds = (line: string) => dangerousSchedules([{file: '/etc/crontab', line}]).map(({kind}) => kind);

it('a garbage collection that removes untagged manifests is what breaks every index', () => {
	expect(kinds('25 3 * * 0 root docker exec r registry garbage-collect -m /etc/config.yml')).toEqual([
		'removes-children',
	]);
	expect(kinds('ExecStart=registry garbage-collect --delete-untagged=true /c.yml')).toEqual(['removes-children']);
	expect(kinds('registry garbage-collect /c.yml -m')).toEqual(['removes-children']);
});

it('a collection beside pushes is a danger, one with the registry stopped is not', () => {
	expect(kinds('25 3 * * 0 root registry garbage-collect /c.yml')).toEqual(['runs-beside-pushes']);
	expect(kinds('docker stop r && registry garbage-collect /c.yml; docker start r')).toEqual([]);
});

it('comments, rehearsals and other work are none', () => {
	expect(kinds('# registry garbage-collect -m /c.yml')).toEqual([]);
	expect(kinds('registry garbage-collect --dry-run -m /c.yml')).toEqual([]);
	expect(kinds('image: registry:2')).toEqual([]);
});

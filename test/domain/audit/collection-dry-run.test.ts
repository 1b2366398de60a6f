import {describe, expect, it} from 'vitest';
import {parseDryRun, withoutUntagged} from '../../../src/domain/audit/collection-dry-run.ts';
import {openCollectionReport} from '../../../src/domain/audit/collection-report.ts';

describe('a dry run of the collection', () => {
	it.each([
		'docker exec registry registry garbage-collect --dry-run -m /etc/docker/registry/config.yml',
		'cd /opt/registry && docker compose exec -T private registry garbage-collect -d /c.yml',
		'sudo sh -c "registry garbage-collect -dm /c.yml"',
		'sudo -n nice -n 19 timeout 1h docker exec -u root r /bin/registry garbage-collect -dm /c.yml',
		"docker exec -i r sh -c 'registry garbage-collect --delete-untagged=true -d /c.yml'",
		'docker run --rm -v /d:/var/lib/registry:ro registry:2.8.3 garbage-collect --dry-run /c.yml',
		'docker compose -f /opt/c.yml run --rm private garbage-collect /c.yml --dry-run',
		'kubectl exec -n ci deploy/registry -- registry garbage-collect --dry-run=true /c.yml',
	])('is a collection that removes nothing: %s', command => {
		expect(parseDryRun(command)).toBe(command);
	});

	it.each([
		'docker exec registry registry garbage-collect -m /c.yml',
		'docker exec -d registry registry garbage-collect -m /c.yml',
		'registry garbage-collect --dry-run=false -m /c.yml',
		'registry garbage-collect --dry-run --dry-run=false /c.yml',
		'registry garbage-collect --dry-run /c.yml; registry garbage-collect -m /c.yml',
		'registry garbage-collect /c.yml # --dry-run',
		'registry garbage-collect /c.yml; echo --dry-run',
		'sh -c "registry garbage-collect /c.yml" --dry-run',
		'registry garbage-collect --dry-run $MORE /c.yml',
		'registry garbage-collect --dry-run $(rm -rf /d) /c.yml',
		'CMD=garbage-collect; registry garbage-collect --dry-run /c.yml && registry $CMD -m /c.yml',
		'registry garbage-collect --dry-run /c.yml; rm -rf /d/docker',
		'eval registry garbage-collect --dry-run /c.yml',
		'/opt/gc.sh --dry-run',
		'docker exec registry registry serve --dry-run',
		'registry garbage-collect -d -d=false -m /c.yml',
		'registry garbage-collect -m /c.yml -- -d',
		'registry garbage-collect -m /c.yml > -d',
		'registry garbage-collect --dry-run /c.yml > /etc/crontab',
		'registry garbage-collect /c.yml "x -d"',
		'registry garbage-collect --dry-run /c.yml /other.yml',
		'registry garbage-collect -d /c.yml\nrm -rf /d',
		'registry garbage-collect -m /c.yml\u00a0-d',
		'rm -rf /d garbage-collect -d',
		'docker exec r rm -rf /d garbage-collect -d',
		'docker exec -d r registry garbage-collect -d /c.yml',
		'docker run --entrypoint rm registry:2 garbage-collect -d /c.yml',
		'docker run acme/tool garbage-collect -d /c.yml',
		'sh -c "rm -rf /d" garbage-collect -d',
		"docker exec r sh -c 'rm -rf /d; registry garbage-collect -d /c.yml'",
		'find / -delete -name registry garbage-collect -d',
		'PATH=/tmp registry garbage-collect -d /c.yml',
		'',
	])('is not %j', command => {
		expect(() => parseDryRun(command)).toThrow(
			expect.objectContaining({code: 'audit.not-a-rehearsal', exit: 'configuration'}),
		);
	});

	// Seen on distribution 3.1.1: -q prints nothing at all, and the exit is 0.
	it.each([
		'registry garbage-collect -dmq /c.yml',
		'docker exec r registry garbage-collect --dry-run --quiet /c.yml',
		'sh -c "registry garbage-collect -q -d /c.yml"',
	])('that is quiet proves nothing: %s', command => {
		expect(() => parseDryRun(command)).toThrow(
			expect.objectContaining({code: 'audit.not-a-rehearsal', hint: 'Leave out -q (--quiet).'}),
		);
	});

	it('can be repeated without -m, where it has -m', () => {
		const plain = (command: string) => withoutUntagged(parseDryRun(command));

		expect(plain('registry garbage-collect --dry-run -m /c.yml')).toBe('registry garbage-collect --dry-run /c.yml');
		expect(plain('sh -c "registry garbage-collect -dm /c.yml"')).toBe('sh -c "registry garbage-collect -d /c.yml"');
		expect(plain('registry garbage-collect --delete-untagged=true -d /c.yml')).toBe(
			'registry garbage-collect -d /c.yml',
		);
		expect(plain('registry garbage-collect -dm /c.yml')).toBe('registry garbage-collect -d /c.yml');
		expect(plain('registry garbage-collect -d /c.yml')).toBeUndefined();
	});
});

describe('the output of a dry run', () => {
	const one = `sha256:${'1'.repeat(64)}`;
	const two = `sha256:${'2'.repeat(64)}`;
	const read = (...lines: string[]) => {
		const reading = openCollectionReport();
		for (const line of lines) {
			reading.line(line);
		}

		return reading.report();
	};

	it('is read by repository, as 2.8 prints it', () => {
		expect(
			read(
				'acme/tool',
				`manifest eligible for deletion: ${one}`,
				`acme/tool: marking manifest ${two} `,
				'other',
				`manifest eligible for deletion: ${one}`,
				'',
				'1 blobs marked, 1 blobs and 2 manifests eligible for deletion',
				`blob eligible for deletion: ${one}`,
			),
		).toEqual({
			manifests: [
				{repository: 'acme/tool', digest: one},
				{repository: 'other', digest: one},
			],
			blobs: [one],
			complete: true,
		});
	});

	it('is read as registry 3 prints it', () => {
		expect(
			read(
				'acme/tool',
				`manifest eligible for deletion: {acme/tool ${one} [v1 v2]}`,
				'1 blobs marked, 0 blobs and 1 manifests eligible for deletion',
			),
		).toEqual({manifests: [{repository: 'acme/tool', digest: one}], blobs: [], complete: true});
	});

	it('is incomplete without its last line, or with fewer lines than it counts', () => {
		expect(read('a', `manifest eligible for deletion: ${one}`).complete).toBe(false);
		expect(read('a', '0 blobs marked, 0 blobs and 1 manifests eligible for deletion').complete).toBe(false);
		expect(read('0 blobs marked, 1 blobs and 0 manifests eligible for deletion').complete).toBe(false);
	});
});

import {existsSync, readFileSync} from 'node:fs';
import {expect, test} from 'vitest';
import {pipeline} from './scripted-server.ts';

const description = new URL('../../../../shared/reference/woodpecker-v3.17.0.openapi3.corrected.json', import.meta.url);

test.skipIf(!existsSync(description))("the fields we read are those of the server's own description", () => {
	const {components} = JSON.parse(readFileSync(description, 'utf8')) as {
		components: {schemas: Record<string, {properties: Record<string, unknown>}>};
	};
	const fields = (name: string) => Object.keys(components.schemas[name]!.properties);

	expect(fields('Pipeline')).toEqual(expect.arrayContaining([...Object.keys(pipeline()), 'workflows']));
	expect(fields('model.Workflow')).toEqual(expect.arrayContaining(['name', 'state', 'children']));
	expect(fields('Step')).toEqual(expect.arrayContaining(['id', 'name', 'state', 'exit_code']));
	expect(fields('LogEntry')).toEqual(expect.arrayContaining(['line', 'data', 'type']));
	expect(fields('Repo')).toEqual(expect.arrayContaining(['id', 'full_name', 'active']));
	expect(fields('Perm')).toContain('push');
	expect(fields('errors.PipelineError')).toEqual(expect.arrayContaining(['message', 'is_warning']));
});

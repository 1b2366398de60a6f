import type {JsonObject} from '../../src/domain/json.ts';

/** Three remedies of the small catalogue: one that mends, one that destroys, one that spares the image. */
const remedies = `    mend: {action: change.mend, with: {image: '\${inputs.image}', note: '\${row.id}'}}
    wipe: {action: change.wipe, with: {note: '\${row.id}'}}
    tell: {action: change.tell, with: {note: '\${row.id}'}}`;

/** A runbook that plans these rows, has them carried out, and proves the image. */
export function planPage(rows: readonly (JsonObject | string)[]): string {
	return `---
runbook: planned
title: Mend what is planned
inputs:
  image: {type: image, prompt: Which image?}
start: plan
decide: decide
---
Much is broken.

## Plan {#plan}
\`\`\`yaml step
plan:
  rows: ${JSON.stringify(rows)}
  remedies:
${remedies}
outcomes: {settled: apply, nothing: decide}
\`\`\`

## Apply {#apply}
\`\`\`yaml step
apply: plan
timeout: 1m
outcomes: {all: prove, some: prove, none: decide}
\`\`\`

## Prove {#prove}
\`\`\`yaml step
action: registry.verify
with: {image: '\${inputs.image}'}
outcomes: {intact: {stop: fixed, say: It is whole again.}, broken: decide, unknown: decide, refused: decide}
\`\`\`

## Decide {#decide}
\`\`\`yaml step
choose: What now?
options:
  plan: {title: Plan again}
  stop: {title: Stop}
outcomes:
  plan: plan
  stop: {stop: handed-over, say: Not fixed., unverified: true}
\`\`\`
`;
}

// usage: node validate.mjs FILE — exit 1 and the faults when FILE is not a valid OpenAPI 3.1 description
import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';

const description = JSON.parse(readFileSync(process.argv[2], 'utf8'));
if (!description.openapi?.startsWith('3.1')) {
  console.error(`not OpenAPI 3.1 but ${description.openapi}`);
  process.exit(1);
}
const result = await new Validator().validate(description);
if (!result.valid) {
  console.error(JSON.stringify(result.errors, null, 1));
  process.exit(1);
}
console.log(`valid OpenAPI ${description.openapi}: ${Object.keys(description.paths).length} paths`);

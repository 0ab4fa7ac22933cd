import type { RuleTable } from '../rule.js';

export const CONSTANT_RULES: RuleTable = {};

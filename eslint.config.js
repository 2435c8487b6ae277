import eslint from "@eslint/js";
import tseslint from "typescript-eslint";

const noDefaultExport = {
  selector: "ExportDefaultDeclaration",
  message: "Name what you export; only configurations and deploy scripts, which a tool loads, export a default.",
};

const noOnly = {
  selector: "MemberExpression[object.name=/^(describe|it|context|specify)$/][property.name='only']",
  message: "A committed test runs with all the others.",
};

export default tseslint.config(
  { ignores: ["artifacts/", "cache/", "coverage/", "export/", "generated/", "node_modules/", "reports/", "types/"] },
  eslint.configs.recommended,
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      // A bound that was just checked, as in the body of a loop, needs no second check.
      "@typescript-eslint/no-non-null-assertion": "off",
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // What implements a type that returns a promise need not wait for anything itself.
      "@typescript-eslint/require-await": "off",
      eqeqeq: "error",
      "no-console": "error",
      "no-restricted-syntax": ["error", noDefaultExport, noOnly],
    },
  },
  {
    files: ["scripts/**/*.ts"],
    rules: { "no-console": "off" },
  },
  {
    files: ["test/**/*.ts"],
    rules: {
      // `expect(x).to.be.true` is an expression.
      "@typescript-eslint/no-unused-expressions": "off",
    },
  },
  {
    files: ["deploy/**/*.ts", "rocketh/**/*.ts"],
    // rocketh returns plain functions and types them as methods.
    rules: { "@typescript-eslint/unbound-method": "off" },
  },
  {
    files: ["hardhat.config.ts", "deploy/**/*.ts"],
    rules: { "no-restricted-syntax": ["error", noOnly] },
  },
);

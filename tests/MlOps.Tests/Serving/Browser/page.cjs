// Drives chromium over the service's page: node page.cjs URL FOLDER [KEY]. Prints what it saw as JSON; pictures go to the folder.
const { chromium } = require("playwright-core");
const [url, folder, key] = process.argv.slice(2);

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
  const seen = { complaints: [] };
  try {
    for (const [name, options] of [["desk", { viewport: { width: 1200, height: 900 } }], ["phone", { viewport: { width: 390, height: 844 }, colorScheme: "dark" }]]) {
      const page = await (await browser.newContext(options)).newPage();
      page.on("console", message => { if (message.type() === "error" && !/401/.test(message.text())) seen.complaints.push(message.text()); });
      page.on("pageerror", error => seen.complaints.push(String(error)));
      page.on("dialog", dialog => { seen.complaints.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
      await page.goto(url);
      if (key) {
        await page.waitForSelector("#key");
        seen.beforeKey = await page.textContent("main");
        await page.keyboard.type("wrong");
        await page.keyboard.press("Enter");
        await page.waitForSelector(".error");
        await page.keyboard.type(key);
        await page.keyboard.press("Enter");
      }
      await page.waitForSelector("form .fields");
      // By keyboard alone: to the first field, a value, Enter.
      await page.locator("form .fields input, form .fields select, form .fields textarea").first().focus();
      await page.keyboard.type("8");
      await page.keyboard.press("Enter");
      await page.waitForSelector(".big, section .error");
      seen[name] = {
        title: await page.title(), text: await page.textContent("main"), big: await page.textContent(".big"), names: await page.locator(".bars .name").allTextContents(), values: await page.locator(".bars .value").allTextContents(),
        overflows: await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth), scripts: await page.locator("main script, main img").count(),
        unlabelled: await page.evaluate(() => [...document.querySelectorAll("input, select, textarea")].filter(control => !control.labels.length).length),
      };
      const example = page.getByRole("button", { name: "Example 1" });
      if (await example.count()) {
        await example.click();
        await page.waitForFunction(before => document.querySelector(".big")?.textContent !== before, seen[name].big);
        seen[name].example = await page.textContent(".big");
      }
      await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
    }
  } finally {
    await browser.close();
  }
  process.stdout.write(JSON.stringify(seen));
})().catch(error => { console.error(error); process.exit(1); });

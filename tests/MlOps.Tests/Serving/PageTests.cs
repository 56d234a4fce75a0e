using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace MlOps.Tests.Serving;

/// <summary>The page for people, in a real browser, on a desk and on a dark phone, by keyboard.</summary>
public sealed class PageTests
{
    private const string Card = "---\nlicense: mit\n---\n# bikes\n\nRentals <script>alert(1)</script> per *hour*, `code`.\n\n## Metrics\n\n| metric | value |\n| --- | --- |\n| rmse | 1 \\| 2 <img src=x onerror=alert(2)> |\n";

    private static readonly NpmPackages s_browser = new(Path.Combine(RepositoryFolder.Root, "tests", "MlOps.Tests", "Serving", "Browser"), "page-browser");

    private static Task<RunningService> StartAsync(string? key = null) => RunningService.StartAsync(folder =>
    {
        var (path, digest) = folder.Write("bikes.onnx", TestModels.Bikes());
        File.WriteAllText(folder["README.md"], Card);
        File.WriteAllText(folder["examples.json"], """[{"input": {"hour": "9", "temperature": 12.5, "weekend": true, "at": "2024-01-31T12:00:00Z"}}]""");
        File.WriteAllText(folder["metrics.json"], "no JSON");
        var keys = key is null ? "" : $"\"keys\": {{ \"me\": \"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(key)))}\" }},";
        return $$"""{ "url": "http://127.0.0.1:0", {{keys}} "models": [ { "name": "bikes", "version": "1.2.0", "path": "{{path}}", "digest": "{{digest}}", "about": "{{folder.Path}}", "commit": "0123456789abcdef" } ] }""";
    });

    [SkippableTheory]
    [InlineData(null)]
    [InlineData("open sesame")]
    public async Task A_form_of_what_the_model_takes_gives_a_prediction_with_what_each_column_did(string? key)
    {
        await using var service = await StartAsync(key);
        using var pictures = new TemporaryFolder();
        var seen = await SeenAsync(service.Url, pictures.Path, key);
        Assert.Equal([], seen.GetProperty("complaints").EnumerateArray().Select(text => text.GetString()));
        foreach (var device in (string[])["desk", "phone"])
        {
            var page = seen.GetProperty(device);
            Assert.Equal("bikes 1.2.0", page.GetProperty("title").GetString());
            // Hour 8 and nothing else: 10 + 100 + 2 × 20, and what missing cells give.
            Assert.Equal(150, double.Parse(page.GetProperty("big").GetString()!, CultureInfo.InvariantCulture), 20.0);
            // By what they did, the largest first.
            Assert.Equal("hour", page.GetProperty("names")[0].GetString());
            Assert.Equal(4, page.GetProperty("names").GetArrayLength());
            Assert.Equal("+50", page.GetProperty("values")[0].GetString());
            Assert.Equal("46", page.GetProperty("example").GetString());
            Assert.False(page.GetProperty("overflows").GetBoolean());
            Assert.Equal(0, page.GetProperty("unlabelled").GetInt32());
            var text = page.GetProperty("text").GetString()!;
            Assert.Contains("commit 0123456789ab", text, StringComparison.Ordinal);
            // A card is text, whatever it holds.
            Assert.Contains("Rentals <script>alert(1)</script> per *hour*", text, StringComparison.Ordinal);
            Assert.Contains("1 | 2 <img src=x onerror=alert(2)>", text, StringComparison.Ordinal);
            Assert.Equal(0, page.GetProperty("scripts").GetInt32());
            Assert.True(new FileInfo(pictures[$"{device}.png"]).Length > 10_000);
        }

        Assert.DoesNotContain("bikes", key is null ? "" : seen.GetProperty("beforeKey").GetString()!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_browser_gets_the_page_and_a_shell_a_command()
    {
        await using var service = await StartAsync("secret");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri("/", UriKind.Relative));
        request.Headers.Accept.ParseAdd("text/html");
        using var page = await service.Http.SendAsync(request);
        Assert.Equal("text/html; charset=utf-8", page.Content.Headers.ContentType!.ToString());
        Assert.Contains("script-src 'self'", Assert.Single(page.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
        Assert.DoesNotContain("bikes", await page.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(401, (await service.GetAsync("/")).Status);
        Assert.Equal(401, (await service.GetAsync("/about")).Status);
        Assert.Equal(200, (await service.GetAsync("/page.js")).Status);
        service.Http.DefaultRequestHeaders.Add("X-API-Key", "secret");
        Assert.Contains("curl -H", (await service.GetAsync("/")).Body, StringComparison.Ordinal);
        var about = await service.JsonAsync("/about/bikes");
        Assert.Equal(JsonValueKind.Null, about.GetProperty("metrics").ValueKind);
        Assert.Equal(["8", "9"], about.GetProperty("inputs")[0].GetProperty("categories").EnumerateArray().Select(category => category.GetString()));
    }

    private static async Task<JsonElement> SeenAsync(Uri url, string folder, string? key)
    {
        Skip.If(s_browser.Absent is not null, s_browser.Absent);
        var chromium = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Select(place => Path.Join(place, "chromium")).FirstOrDefault(File.Exists);
        Skip.If(chromium is null, "chromium is not installed");
        var start = s_browser.Script("page.cjs", key is null ? [url.ToString(), folder] : [url.ToString(), folder, key]);
        start.Environment["CHROMIUM"] = chromium;
        (start.RedirectStandardOutput, start.RedirectStandardError) = (true, true);
        using var browser = Process.Start(start)!;
        var errors = browser.StandardError.ReadToEndAsync();
        var seen = await browser.StandardOutput.ReadToEndAsync();
        await browser.WaitForExitAsync();
        Assert.True(browser.ExitCode == 0, await errors);
        return JsonDocument.Parse(seen).RootElement;
    }
}

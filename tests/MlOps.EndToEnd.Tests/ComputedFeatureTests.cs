using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using MlOps.Content;
using MlOps.Data;
using MlOps.EndToEnd.Tests.Support;
using MlOps.Engine;
using MlOps.Scoring;
using MlOps.Tests;

namespace MlOps.EndToEnd.Tests;

/// <summary>Features that a model's own code computes: the same in training, in Score and in the service, and the service runs the code that the model was trained with.</summary>
public sealed class ComputedFeatureTests : IClassFixture<ComputedFeatureTests.Trained>
{
    private const string Code = "models/ride/Ride.cs";

    private readonly Trained _trained;

    public ComputedFeatureTests(Trained trained) => _trained = trained;

    [Fact]
    public async Task Training_Score_and_the_service_predict_the_same_bits()
    {
        using var workspace = _trained.Copy(out var client);
        var expected = OfTraining(workspace);
        Assert.True(expected.Count > 200 && expected.Values.Distinct().Count() > 100);

        var scored = OfScore(workspace);
        workspace.Run("Release").Expect(0);
        var rows = Trained.Lines().Select(line => line.Split(',')).Where(row => expected.ContainsKey(row[0])).ToList();
        var served = await AskAsync(client, [.. rows.Select(Trained.Json)]);

        Assert.Equal(expected.Count, rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var bits = BitConverter.SingleToInt32Bits(expected[rows[i][0]]);
            Assert.Equal(bits, BitConverter.SingleToInt32Bits(float.Parse(scored[rows[i][0]], CultureInfo.InvariantCulture)));
            Assert.Equal(bits, BitConverter.SingleToInt32Bits(served[i]));
        }
    }

    [Fact]
    public async Task A_comment_releases_nothing_and_code_that_does_otherwise_does_though_the_model_stays()
    {
        using var workspace = _trained.Copy(out var client);
        workspace.Run("Release").Expect(0);
        var (model, code) = await PropertiesAsync(client);

        workspace.Replace(Code, "2 * km", "/* there and back */ 2 * km");
        Assert.Equal("unchanged", Outcome(workspace.Run("Release --json").Expect(0)));

        workspace.Replace(Code, "2 * km", "km + km");
        Assert.Equal("replaced", Outcome(workspace.Run("Release --json").Expect(0)));
        var now = await PropertiesAsync(client);
        Assert.Equal(model, now.Model);
        Assert.NotEqual(code, now.Code);
        workspace.Run("Smoke").Expect(0);
    }

    [Fact]
    public async Task A_release_that_fails_its_smoke_test_brings_the_former_code_back()
    {
        using var workspace = _trained.Copy(out var client);
        workspace.Run("Release").Expect(0);
        var former = await PropertiesAsync(client);
        var row = Trained.Json(Trained.Lines().First().Split(','));
        var before = await AskAsync(client, row);

        workspace.Replace(Code, "2 * km", "3 * km");
        workspace.Replace("models/ride/model.json", "\"max\": 1000", "\"max\": -1000");
        Assert.Equal("rolledBack", Outcome(workspace.Run("Release --json").Expect(3)));

        Assert.Equal(former, await PropertiesAsync(client));
        Assert.Equal(before, await AskAsync(client, row));
    }

    [Fact]
    public void Code_that_was_changed_where_it_is_deployed_is_replaced_and_not_run()
    {
        using var workspace = _trained.Copy(out _);
        workspace.Run("Release").Expect(0);
        workspace.Run("Stop").Expect(0);
        var deployed = Assert.Single(Directory.GetFiles(workspace.At(".mlops/run/local/code"), "Models.ride.dll", SearchOption.AllDirectories));
        File.AppendAllText(deployed, "x");

        // What lies there is replaced by what was built.
        workspace.Run("Release").Expect(0);

        Assert.NotEqual((byte)'x', File.ReadAllBytes(deployed)[^1]);
    }

    [Theory]
    [InlineData("km / 60", "km / 60 + _calls++", "MLO5090", "where: models/ride/model.json:")]
    [InlineData("result[i] = km[i] * (1 + wind[i] / 100)", "result[i] = km[i] * (1 + wind[0] / 100)", "MLO5090", "for row ")]
    [InlineData("result[i] = km[i] * (1 + wind[i] / 100)", "result[i] = km[i] / wind[i] / 0", "MLO8339", "no finite number")]
    [InlineData("ReadOnlySpan<double> wind, Span<double> result", "ReadOnlySpan<float> wind, Span<double> result", "MLO8322", "public static void Effort(ReadOnlySpan<double> km, ReadOnlySpan<double> wind, Span<double> result)")]
    [InlineData("km / 60", "km > 11 ? throw new ArgumentException(\"too far\") : km / 60", "MLO8330", "for row ")]
    public void A_function_that_would_give_something_else_in_scoring_is_refused(string old, string with, string code, string also)
    {
        using var workspace = _trained.Copy(out _);
        workspace.Replace(Code, old, with);
        var before = workspace.Lock;

        var errors = workspace.Run("Train").Expect(1).Errors;

        Assert.Contains(code, errors, StringComparison.Ordinal);
        Assert.Contains(also, errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
        Assert.Equal(before, workspace.Lock);
    }

    [Theory]
    [InlineData("\"from\": [\"km\", \"wind\"]", "\"from\": [\"km\"]", "Effort(ReadOnlySpan<double> km, Span<double> result)")]
    [InlineData("\"effort\": { \"kind\": \"numeric\"", "\"effort\": { \"kind\": \"categorical\"", "a function over blocks makes numbers")]
    public void A_function_over_blocks_of_another_form_is_told_what_is_allowed(string old, string with, string allowed)
    {
        using var workspace = _trained.Copy(out _);
        workspace.Replace("models/ride/model.json", old, with);

        var errors = workspace.Run("Train").Expect(1).Errors;

        Assert.Contains("MLO8322", errors, StringComparison.Ordinal);
        Assert.Contains("where: models/ride/Ride.cs:", errors, StringComparison.Ordinal);
        Assert.Contains(allowed, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void A_lock_that_does_not_say_what_functions_take_scores_nothing()
    {
        using var workspace = _trained.Copy(out _);
        workspace.Replace("data.lock.json", "\"takes\"", "\"took\"");

        Assert.Contains("MLO2263", workspace.Run("Score --data models/ride/data.csv --out scored.csv").Expect(1).Errors, StringComparison.Ordinal);
    }

    [Fact]
    public void The_lock_says_what_the_columns_were_that_functions_take() =>
        Assert.Equal(
            """{"city":"string","hour":"integer","id":"integer","km":"number","started":"timestamp","wind":"integer","workingDay":"boolean"}""",
            LockFile.Read(_trained.Lock).Fact("models/ride", "takes")!.ToJsonString());

    private static string Outcome(Ran ran) => (string)ran.Json["outcome"]!;

    /// <summary>What the model says of the test rows as training stored them, by their ids.</summary>
    private static Dictionary<string, float> OfTraining(Workspace workspace)
    {
        var store = new ContentStore(workspace.At(".mlops/store"));
        var pinned = LockFile.Read(workspace.At("data.lock.json"));
        byte[] Output(string step, string name) => store.TryRead(pinned.Find(new("models/ride", step))!.Outputs[name])!;
        var test = FrameFile.FromBytes(Output("prepare", "test.frame"));
        var predicted = new Scorer(OnnxModel.Read(Output("train", "model.onnx"))).Predict(test);
        return Enumerable.Range(0, test.RowCount).ToDictionary(row => test["id"].Text(row)!, row => predicted.Row(row)[0]);
    }

    /// <summary>What Score says of all rows, by their ids.</summary>
    private static Dictionary<string, string> OfScore(Workspace workspace)
    {
        workspace.Run("Score --data models/ride/data.csv --out scored.csv --keep id").Expect(0);
        return File.ReadLines(workspace.At("scored.csv")).Skip(1).Select(line => line.Split(',')).ToDictionary(row => row[0], row => row[1]);
    }

    private static async Task<float[]> AskAsync(HttpClient client, params JsonObject[] rows)
    {
        using var body = new StringContent(new JsonArray([.. rows.Select(row => row.DeepClone())]).ToJsonString(), Encoding.UTF8, "application/json");
        var answer = await (await client.PostAsync(new Uri("score/ride", UriKind.Relative), body)).Content.ReadAsStringAsync();
        return [.. JsonNode.Parse(answer)!["predictions"]!.AsArray().Select(value => (float)value!)];
    }

    private static async Task<(string Model, string Code)> PropertiesAsync(HttpClient client)
    {
        var properties = JsonNode.Parse(await client.GetStringAsync(new Uri("v2/models/ride", UriKind.Relative)))!["properties"]!;
        return ((string)properties["digest"]!, (string)properties["code"]!);
    }

    /// <summary>A workspace whose model learns from nothing that its own code does not see: every type of cell, missing ones, and a function over blocks.</summary>
    public sealed class Trained : IDisposable
    {
        private const int Rows = 1500;

        private static readonly string[] Columns = ["id", "hour", "workingDay", "city", "started", "km", "wind", "minutes"];

        private readonly Workspace _workspace = new();
        private readonly List<HttpClient> _clients = [];

        public Trained()
        {
            _workspace.Write("nuke.json", """{ "name": "city", "data": { "rides": { "path": "models/ride/data.csv" } }, "environments": { "local": { "driver": "process", "port": 8085 } } }""");
            _workspace.Write("models/ride/model.json", """
                {
                  "task": "regression", "data": "rides", "label": "minutes",
                  "features": {
                    "rush": { "kind": "numeric", "code": "Ride.Rush", "from": ["hour", "workingDay"] },
                    "daypart": { "kind": "categorical", "code": "Ride.Daypart", "from": ["hour", "city"] },
                    "evening": { "kind": "boolean", "code": "Ride.Evening", "from": ["started"] },
                    "arrival": { "kind": "timestamp", "code": "Ride.Arrival", "from": ["started", "km"] },
                    "effort": { "kind": "numeric", "code": "Ride.Effort", "from": ["km", "wind"] },
                    "there": { "kind": "numeric", "code": "Ride.Twice", "from": ["km"] },
                    "parity": { "kind": "numeric", "code": "Ride.Parity", "from": ["id"] },
                    "city": "categorical", "km": "numeric"
                  },
                  "trainer": { "name": "boosted-trees", "trees": 60, "learningRate": 0.2 },
                  "serve": { "examples": [ { "input": { "hour": 8, "workingDay": true, "city": "Bern", "km": 3.5 }, "expect": { "min": -1000, "max": 1000 } } ] }
                }
                """);
            _workspace.Write(Code, """
                public static class Ride
                {
                    private static double _calls = 0;

                    public static double? Rush(double hour, bool? workingDay) => workingDay is { } working ? working && hour is 8 or 17 ? 10 : _calls : null;

                    public static string? Daypart(int hour, string? city) => hour < 6 ? null : $"{(hour < 12 ? "morning" : "later")} in {city ?? "nowhere"}";

                    public static bool Evening(DateTimeOffset started) => started.Hour >= 18;

                    public static DateTimeOffset? Arrival(DateTimeOffset? started, float km) => started?.AddMinutes(km / 60);

                    public static void Effort(ReadOnlySpan<double> km, ReadOnlySpan<double> wind, Span<double> result)
                    {
                        for (var i = 0; i < result.Length; i++)
                        {
                            result[i] = km[i] * (1 + wind[i] / 100);
                        }
                    }

                    public static double Twice(double km) => 2 * km;

                    public static long Parity(int id) => id % 7;
                }
                """);
            _workspace.Write("models/ride/data.csv", string.Join(',', Columns) + "\n" + string.Concat(Lines().Select(line => line + "\n")));
            _workspace.Run("Train").Expect(0);
        }

        public string Lock => _workspace.At("data.lock.json");

        public static IEnumerable<string> Lines()
        {
            var random = new Random(7);
            for (var id = 0; id < Rows; id++)
            {
                var (hour, km, wind) = (random.Next(24), random.NextDouble() * 12, random.Next(-20, 60));
                var (working, city) = (random.Next(3) > 0, random.Next(3));
                var started = new DateTimeOffset(2024, 1, 1, hour, random.Next(60), 0, TimeSpan.Zero).AddDays(random.Next(300));
                var minutes = (km * (1 + (wind / 100.0)) * 4) + (working && hour is 8 or 17 ? 10 : 0) + (city * 2) + (hour >= 18 ? 3 : 0) + (id % 7) + random.NextDouble();
                string Cell(object value, int rare) => random.Next(rare) == 0 ? "" : Convert.ToString(value, CultureInfo.InvariantCulture)!;
                yield return string.Join(
                    ',', id.ToString(CultureInfo.InvariantCulture), Cell(hour, 15), Cell(working ? "true" : "false", 12), Cell(((string[])["Bern", "Zürich", "Genf"])[city], 20),
                    Cell(started.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture), 25), Cell(km, 30), Cell(wind, 10), minutes.ToString(CultureInfo.InvariantCulture));
            }
        }

        /// <summary>A line as callers send it: without what is predicted.</summary>
        public static JsonObject Json(string[] line) => new(Columns.SkipLast(1).Zip(line).Select(cell => KeyValuePair.Create(cell.First, cell.Second.Length == 0 ? null
            : cell.First is "city" or "started" ? cell.Second : JsonNode.Parse(cell.Second))));

        internal Workspace Copy(out HttpClient client)
        {
            var copy = new Workspace();
            Workspace.CopyFolder(_workspace.Root, copy.Root);
            var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
            copy.Replace("nuke.json", "8085", port);
            _clients.Add(client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });
            return copy;
        }

        public void Dispose()
        {
            _workspace.Dispose();
            _clients.ForEach(client => client.Dispose());
        }
    }
}

using System.Text.Json;
using MlOps.Data;
using MlOps.Scoring;

namespace MlOps.Tests.Serving;

public sealed class ScoreTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Row = """{"hour": "8", "temperature": 3.5, "weekend": true, "at": "2024-05-01T07:00:00Z"}""";

    private readonly RunningService _service = shared.Service;

    [Theory]
    [InlineData("/score/bikes", Row, 125.5)]
    [InlineData("/score?model=bikes", "[" + Row + "]", 125.5)]
    [InlineData("/score", """{"model": "bikes", "rows": [""" + Row + "]}", 125.5)]
    [InlineData("/score", """{"rows": [""" + Row + """], "model": "bikes"}""", 125.5)]
    [InlineData("/score/bikes", """{"rows": [""" + Row + "]}", 125.5)]
    [InlineData("/score/bikes", "{}", 50)]
    [InlineData("/score/bikes", """{"temperature": null, "hour": 8}""", 150)]
    [InlineData("/score/bikes", """{"hour": "never seen", "weekend": 1}""", 55)]
    [InlineData("/score/bikes", """{"at": 1714546800000, "temp\u0065rature": 0}""", 13.5)]
    public async Task A_row_is_scored_in_every_form(string path, string body, double expected)
    {
        var answer = await _service.JsonAsync(path, body);
        Assert.Equal("bikes", answer.GetProperty("model").GetString());
        Assert.Equal(expected, Assert.Single(answer.GetProperty("predictions").EnumerateArray()).GetDouble());
    }

    [Fact]
    public async Task Classes_come_with_their_probabilities()
    {
        var answer = await _service.JsonAsync("/score/tickets", """[{"subject": "My PASSWORD is lost"}, {"subject": "invoice"}, {}]""");
        var rows = answer.GetProperty("predictions").EnumerateArray().ToList();
        Assert.Equal(["login", "billing", "other"], rows.Select(row => row.GetProperty("label").GetString()));
        Assert.All(rows, row => Assert.Equal(1, row.GetProperty("probabilities").EnumerateObject().Sum(each => each.Value.GetDouble()), 6));
    }

    [Fact]
    public async Task Predictions_are_the_same_floats_as_in_process()
    {
        var months = Enumerable.Range(0, 50).Select(i => i == 7 ? double.NaN : i / 3.0).ToArray();
        var expected = new Scorer(TestModels.Churn()).Predict(new Frame([new NumberColumn("months", months)]));
        var body = JsonSerializer.Serialize(months.Select(value => new Dictionary<string, double?> { ["months"] = double.IsNaN(value) ? null : value }));
        var rows = (await _service.JsonAsync("/score/churn", body)).GetProperty("predictions").EnumerateArray().ToList();
        for (var i = 0; i < months.Length; i++)
        {
            Assert.Equal(expected.Row(i).ToArray(), rows[i].GetProperty("probabilities").EnumerateObject().Select(each => each.Value.GetSingle()));
            Assert.Equal(expected.Class(i), rows[i].GetProperty("label").GetString());
        }
    }

    [Fact]
    public async Task No_rows_have_no_predictions() =>
        Assert.Empty((await _service.JsonAsync("/score/bikes", "[]")).GetProperty("predictions").EnumerateArray());

    [Fact]
    public async Task Parallel_requests_get_their_own_answers()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
            (i, Answer: await _service.JsonAsync("/score/bikes", $$"""[{"temperature": {{i}}}, {"temperature": {{-i}}, "hour": "8"}]"""))));
        Assert.All(answers, each => Assert.Equal([10 + (2 * each.i), 110 - (2 * each.i)], each.Answer.GetProperty("predictions").EnumerateArray().Select(value => value.GetInt32())));
    }

    [Theory]
    [InlineData("", 400, "empty")]
    [InlineData(" \n", 400, "empty")]
    [InlineData("5", 400, "neither a row")]
    [InlineData("\"text\"", 400, "neither a row")]
    [InlineData("{\n\"hour\": 8,\n}", 400, "line 3")]
    [InlineData("{\"hour\": 8", 400, "not valid JSON")]
    [InlineData("{} {}", 400, "not valid JSON")]
    [InlineData("[{}] x", 400, "not valid JSON")]
    [InlineData("[1]", 400, "row 1 is not a JSON object")]
    [InlineData("[{}, []]", 400, "row 2 is not a JSON object")]
    [InlineData("""{"temprature": 3}""", 400, "did you mean 'temperature'")]
    [InlineData("""{"rentals": 3}""", 400, "what the model predicts")]
    [InlineData("""{"hour": 8, "hour": 9}""", 400, "'hour' stands twice")]
    [InlineData("""[{}, {"temperature": "warm"}]""", 400, "row 2: column 'temperature'")]
    [InlineData("""{"temperature": 1e999}""", 400, "'temperature': 1e999 is too large")]
    [InlineData("""{"temperature": [1]}""", 400, "an array is not")]
    [InlineData("""{"temperature": {"a": 1}}""", 400, "an object is not")]
    [InlineData("""{"temperature": NaN}""", 400, "not valid JSON")]
    [InlineData("""{"at": "yesterday"}""", 400, "column 'at'")]
    [InlineData("""{"weekend": "perhaps"}""", 400, "column 'weekend'")]
    [InlineData("{\"hour\": \"\u00ff\"}", 400, "not valid Unicode")]
    [InlineData("""{"hour": "\ud800"}""", 400, "not valid Unicode")]
    [InlineData("""{"\ud800": 1}""", 400, "not valid Unicode")]
    [InlineData("""{"rows": [], "extra": 1}""", 400, "'extra' beside")]
    [InlineData("""{"model": "churn", "rows": []}""", 400, "names model 'bikes'")]
    public async Task A_bad_body_is_refused_with_what_is_wrong(string body, int status, string message)
    {
        var answer = await _service.PostAsync("/score/bikes", body);
        Assert.Equal(status, answer.Status);
        Assert.Contains(message, JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Depth_and_size_are_bounded()
    {
        Assert.Equal(400, (await _service.PostAsync("/score/bikes", new string('[', 100_000))).Status);
        Assert.Equal(413, (await _service.PostAsync("/score/bikes", "[" + string.Join(',', Enumerable.Repeat("{}", 10_001)) + "]")).Status);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/score/bikes") { Content = new ByteArrayContent(new byte[(16 << 20) + 1]) };
        request.Headers.ExpectContinue = true;
        using var answer = await _service.Http.SendAsync(request);
        Assert.Equal(413, (int)answer.StatusCode);
        Assert.Contains("error", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/score", 400, "name one")]
    [InlineData("/score/bike", 404, "did you mean 'bikes'")]
    [InlineData("/score?model=zebra", 404, "served: bikes, churn, tickets")]
    [InlineData("/scores", 404, "nothing at /scores")]
    [InlineData("/v2", 405, "allowed: GET")]
    public async Task An_address_that_means_no_model_is_refused(string path, int status, string message)
    {
        var answer = await _service.PostAsync(path, "{}");
        Assert.Equal(status, answer.Status);
        Assert.Contains(message, JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/x-www-form-urlencoded", 415)]
    [InlineData("text/plain", 415)]
    [InlineData("application/json; charset=latin1", 415)]
    [InlineData("application/json; charset=UTF-8", 200)]
    [InlineData("application/vnd.rows+json", 200)]
    [InlineData(null, 200)]
    public async Task Only_JSON_is_taken(string? type, int status) => Assert.Equal(status, (await _service.PostAsync("/score/bikes", "{}", type)).Status);

    [Fact]
    public async Task The_index_shows_commands_that_work()
    {
        var (_, page) = await _service.GetAsync("/");
        var commands = page.Split('\n').Where(line => line.StartsWith("  curl", StringComparison.Ordinal)).ToList();
        Assert.Equal(3, commands.Count);
        foreach (var command in commands)
        {
            var body = command.Split("-d '")[1].Split("' http")[0].Replace("'\\''", "'", StringComparison.Ordinal);
            await _service.JsonAsync(new Uri(command.Split(' ')[^1]).PathAndQuery, body);
        }
    }
}

using System.Globalization;
using System.Text.Json;

namespace MlOps.Tests.Serving;

/// <summary>Models whose own code computes some of their inputs, in the service.</summary>
public sealed class ComputedInputTests(CodedService shared) : IClassFixture<CodedService>
{
    private readonly RunningService _service = shared.Service;

    [Theory]
    [InlineData("""{"hour": 8, "workingDay": true, "of": 4}""", 35)]
    [InlineData("""{"hour": "9", "workingDay": 1, "of": null}""", 20)]
    [InlineData("""{"hour": 8, "workingDay": false, "of": 4}""", 25)]
    [InlineData("""{"workingDay": true, "of": 4}""", 25)]
    [InlineData("""{"hour": 8, "of": 4}""", 25)]
    [InlineData("{}", 0)]
    [InlineData("""{"of": 13}""", 1300)]
    [InlineData("""{"of": 1e300}""", 0)]
    public async Task Inputs_are_computed_of_what_callers_send(string row, double expected) =>
        Assert.Equal(expected, Assert.Single((await _service.JsonAsync("/score", row)).GetProperty("predictions").EnumerateArray()).GetDouble());

    [Fact]
    public async Task Tensors_are_computed_alike()
    {
        var answer = await _service.JsonAsync("/v2/models/demand/infer", """
            { "inputs": [
              { "name": "of", "datatype": "FP64", "shape": [3], "data": [4, null, 2] },
              { "name": "hour", "datatype": "INT64", "shape": [3], "data": [8, 17, 3] },
              { "name": "workingDay", "datatype": "BOOL", "shape": [3], "data": [true, true, null] } ] }
            """);
        Assert.Equal([35, 10, 50], answer.GetProperty("outputs")[0].GetProperty("data").EnumerateArray().Select(value => value.GetDouble()));
    }

    [Fact]
    public async Task Metadata_and_the_page_name_what_callers_send()
    {
        var model = await _service.JsonAsync("/v2/models/demand");
        Assert.Equal(
            [("hour", "FP64"), ("of", "FP64"), ("workingDay", "BOOL")],
            model.GetProperty("inputs").EnumerateArray().Select(input => (input.GetProperty("name").GetString()!, input.GetProperty("datatype").GetString()!)));
        Assert.StartsWith("sha256:", model.GetProperty("properties").GetProperty("code").GetString(), StringComparison.Ordinal);
        var (_, page) = await _service.GetAsync("/");
        Assert.Contains("\"workingDay\":true", page, StringComparison.Ordinal);
        Assert.DoesNotContain("rush", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/score", """[{"hour": 8}, {"hour": -1, "workingDay": true}]""", "row 2: function 'Demand.Rush' of the model failed: ArgumentException: hours are not negative")]
    [InlineData("/score", """[{"of": 2}, {"of": 1}, {"of": 0}]""", "row 3: function 'Demand.Share' of the model has no result: it returns no finite number")]
    [InlineData("/v2/models/demand/infer", """
        { "inputs": [ { "name": "of", "datatype": "FP64", "shape": [1], "data": [1] }, { "name": "hour", "datatype": "FP64", "shape": [1], "data": [-2] },
          { "name": "workingDay", "datatype": "BOOL", "shape": [1], "data": [false] } ] }
        """, "row 1: function 'Demand.Rush'")]
    public async Task A_row_that_a_function_fails_for_is_told_with_function_and_reason(string path, string body, string expected)
    {
        var (status, answer) = await _service.PostAsync(path, body);

        Assert.Equal(422, status);
        var error = JsonDocument.Parse(answer).RootElement.GetProperty("error").GetString();
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
        Assert.Equal(10, (await _service.JsonAsync("/score", """{"hour": 17, "workingDay": true}""")).GetProperty("predictions")[0].GetDouble());
    }

    [Theory]
    [InlineData("""{"rush": 10}""", "the model has no column 'rush'")]
    [InlineData("""{"hour": "early"}""", "'hour'")]
    [InlineData("""{"workingDay": 2}""", "'workingDay': 2 is neither 0 nor 1")]
    public async Task What_callers_cannot_send_is_told(string row, string expected)
    {
        var (status, answer) = await _service.PostAsync("/score", row);
        Assert.Equal(400, status);
        Assert.Contains(expected, answer, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Failing_and_fitting_rows_of_parallel_requests_do_not_meet()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 400).Select(async i =>
            (i, Answer: await _service.PostAsync("/score", i % 3 == 0 ? """{"hour": -1}{""" : i % 3 == 1 ? """{"hour": -1, "workingDay": true}""" : string.Create(CultureInfo.InvariantCulture, $$"""{"of": {{1.0 / i}}}""")))));
        Assert.All(answers, each => Assert.Equal(each.i % 3 == 0 ? 400 : each.i % 3 == 1 ? 422 : 200, each.Answer.Status));
        Assert.All(answers.Where(each => each.i % 3 == 2), each =>
            Assert.Equal((float)(100.0 * (float)(1 / (1.0 / each.i))), JsonDocument.Parse(each.Answer.Body).RootElement.GetProperty("predictions")[0].GetSingle()));
    }

    public static TheoryData<string, string> Spoilt() => new()
    {
        { "changed", "MLO7150" }, { "gone", "MLO7150" }, { "stranger", "MLO7150" }, { "columns", "MLO7151" }, { "function", "MLO7151" }, { "type", "MLO8338" }, { "method", "MLO7151" }, { "none", "MLO7151" },
    };

    [Theory]
    [MemberData(nameof(Spoilt))]
    public async Task Code_that_is_not_what_was_deployed_starts_nothing(string how, string code)
    {
        var (exit, output) = await RunningService.RunToEndAsync(folder => how switch
        {
            "changed" => CodedModel.Config(folder, code => File.AppendAllText(Path.Combine(code, "Lib.dll"), "x")),
            "gone" => CodedModel.Config(folder, code => File.Delete(Path.Combine(code, "Models.demand.dll"))),
            "stranger" => CodedModel.Config(folder, code => File.WriteAllText(Path.Combine(code, "Other.dll"), "x")),
            "columns" => CodedModel.Config(folder, columns: """{ "hour": "Number" }"""),
            "type" => CodedModel.Config(folder, columns: """{ "hour": "String", "workingDay": "Boolean", "of": "Number" }"""),
            "function" => CodedModel.Config(folder, function: "Demand.Other"),
            "method" => CodedModel.Config(folder).Replace("Models.demand.dll\",", "Lib.dll\",", StringComparison.Ordinal),
            _ => CodedModel.Config(folder) is var whole ? whole[..whole.IndexOf(", \"code\"", StringComparison.Ordinal)] + " } ] }" : "",
        });

        Assert.Equal(1, exit);
        Assert.Contains(code, output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }
}

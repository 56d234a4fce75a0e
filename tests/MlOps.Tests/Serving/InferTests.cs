using System.Text.Json;

namespace MlOps.Tests.Serving;

public sealed class InferTests(SharedService shared) : IClassFixture<SharedService>
{
    private const string Infer = "/v2/models/bikes/infer";

    private const string Rest = """
        {"name": "temperature", "shape": [2], "datatype": "FP32", "data": [3.5, null]},
        {"name": "weekend", "shape": [2, 1], "datatype": "BOOL", "data": [[true], [false]]},
        {"name": "at", "shape": [2], "datatype": "INT64", "data": [1714546800000, 0]}
        """;

    private readonly RunningService _service = shared.Service;

    private static string Body(string hour, string rest = Rest, string more = "") => $$"""{"id": "42", "inputs": [{{hour}}, {{rest}}]{{more}}}""";

    private static string Hour(string data, string datatype = "BYTES", string shape = "[2]") => $$"""{"name": "hour", "shape": {{shape}}, "datatype": "{{datatype}}", "data": {{data}}}""";

    [Theory]
    [InlineData("""{"name": "hour", "shape": [2], "datatype": "BYTES", "data": ["8", "9"]}""")]
    [InlineData("""{"name": "hour", "shape": [2, 1], "datatype": "INT8", "data": [[8], [9]]}""")]
    [InlineData("""{"data": [8.0, 9], "datatype": "FP64", "parameters": {"a": [1, {"b": 2}]}, "shape": [2], "name": "hour"}""")]
    [InlineData("""{"name": "hour", "shape": [2], "datatype": "UINT64", "data": [[8, 9]]}""")]
    public async Task Tensors_of_any_fitting_form_are_scored(string hour)
    {
        var answer = await _service.JsonAsync(Infer, Body(hour));
        Assert.Equal("bikes", answer.GetProperty("model_name").GetString());
        Assert.StartsWith("sha-", answer.GetProperty("model_version").GetString(), StringComparison.Ordinal);
        Assert.Equal("42", answer.GetProperty("id").GetString());
        var output = Assert.Single(answer.GetProperty("outputs").EnumerateArray());
        Assert.Equal("""{"name":"prediction","datatype":"FP32","shape":[2],"data":[125.5,50]}""", output.GetRawText());
    }

    [Fact]
    public async Task Outputs_can_be_chosen()
    {
        const string Subject = """{"inputs": [{"name": "subject", "shape": [1], "datatype": "BYTES", "data": ["invoice"]}]""";
        var all = await _service.JsonAsync("/v2/models/tickets/infer", Subject + "}");
        Assert.Equal(["label", "probabilities"], all.GetProperty("outputs").EnumerateArray().Select(output => output.GetProperty("name").GetString()));
        Assert.Equal("[1,3]", all.GetProperty("outputs")[1].GetProperty("shape").GetRawText());
        var one = await _service.JsonAsync("/v2/models/tickets/infer", Subject + """, "outputs": [{"parameters": {}, "name": "label"}]}""");
        Assert.Equal("""[{"name":"label","datatype":"BYTES","shape":[1],"data":["billing"]}]""", one.GetProperty("outputs").GetRawText());
    }

    public static TheoryData<string, string> BadBodies => new()
    {
        { "", "empty" },
        { "[]", "the body is not an object" },
        { "{}", "no inputs" },
        { "{\"inputs\": [],\n\n!}", "line 3" },
        { """{"inputs": []}""", "missing: input 'hour', input 'temperature'" },
        { """{"inputs": {}}""", "inputs is not an array" },
        { """{"id": 7, "inputs": []}""", "id is not a text" },
        { """{"inputs": [{"shape": [1]}]}""", "an input has no name" },
        { Body("""{"name": "hour", "datatype": "BYTES", "data": []}"""), "'hour' has no shape" },
        { Body("""{"name": "hour", "shape": [2], "data": []}"""), "'hour' has no datatype" },
        { Body("""{"name": "hour", "shape": [2], "datatype": "BYTES"}"""), "'hour' has no data" },
        { Body("""{"name": "hoor", "shape": [2], "datatype": "BYTES", "data": ["8", "9"]}"""), "did you mean 'hour'" },
        { Body(Hour("[8, 9]", "FP8")), "datatype 'FP8'" },
        { Body(Hour("""["8", "9"]""", shape: "[2, 2]")), "neither [rows] nor [rows, 1]" },
        { Body(Hour("""["8", "9"]""", shape: "[-2]")), "neither [rows] nor [rows, 1]" },
        { Body(Hour("""["8", "9"]""", shape: "[]")), "neither [rows] nor [rows, 1]" },
        { Body(Hour("""["8"]""")), "'hour' has 1 values, its shape says 2" },
        { Body(Hour("""["8", "9", "9"]""")), "'hour' has more values than its shape says, 2" },
        { Body(Hour("""["8"]""", shape: "[1]")), "has 2 rows, input 'hour' has 1" },
        { Body(Hour("[8, 9]")), "'hour', value 1: 8 is not BYTES" },
        { Body(Hour("[8, 300]", "INT8")), "'hour', value 2: 300 is not INT8" },
        { Body(Hour("[8, 9.5]", "INT32")), "value 2: 9.5 is not INT32" },
        { Body(Hour("[8, -1]", "UINT32")), "value 2: -1 is not UINT32" },
        { Body(Hour("[8, 1e300]", "FP32")), "value 2: 1e300 is not FP32" },
        { Body(Hour("[8, {}]", "FP32")), "value 2: an object is not FP32" },
        { Body(Hour("""["8", "9"]"""), Rest.Replace("[3.5, null]", "[\"a\", 1]", StringComparison.Ordinal)), "'temperature', value 1: \"a\" is not FP32" },
        { Body(Hour("""["8", "9"]""") + "," + Hour("""["8", "9"]""")), "'hour' stands twice" },
        { Body(Hour("""["8", "9"]"""), more: """, "outputs": [{"name": "predictoin"}]"""), "did you mean 'prediction'" },
        { Body(Hour("""["8", "9"]"""), more: """, "outputs": [{"name": "prediction"}, {"name": "prediction"}]"""), "output 'prediction' stands twice" },
    };

    [Theory]
    [MemberData(nameof(BadBodies))]
    public async Task A_bad_body_is_refused_with_what_is_wrong(string body, string message)
    {
        var answer = await _service.PostAsync(Infer, body);
        Assert.Equal(400, answer.Status);
        Assert.Contains(message, JsonDocument.Parse(answer.Body).RootElement.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metadata_has_the_form_of_the_protocol()
    {
        var model = await _service.JsonAsync("/v2/models/tickets");
        var version = model.GetProperty("versions")[0].GetString();
        Assert.Equal("""[{"name":"subject","datatype":"BYTES","shape":[-1]}]""", model.GetProperty("inputs").GetRawText());
        Assert.Equal("[-1,3]", model.GetProperty("outputs")[1].GetProperty("shape").GetRawText());
        Assert.Equal("""["billing","login","other"]""", model.GetProperty("properties").GetProperty("classes").GetString());
        Assert.Equal(model.GetRawText(), (await _service.JsonAsync($"/v2/models/tickets/versions/{version}")).GetRawText());
        Assert.True((await _service.JsonAsync($"/v2/models/tickets/versions/{version}/ready")).GetProperty("ready").GetBoolean());
        Assert.Equal(404, (await _service.GetAsync("/v2/models/tickets/versions/9")).Status);
        Assert.Equal(404, (await _service.GetAsync("/v2/models/ticket/ready")).Status);
    }

    [Theory]
    [InlineData("/v2")]
    [InlineData("/v2/")]
    [InlineData("/v2/health/live")]
    [InlineData("/v2/health/ready")]
    [InlineData("/v2/models/bikes/ready")]
    public async Task Health_and_server_metadata_answer(string path) => Assert.Equal(200, (await _service.GetAsync(path)).Status);
}

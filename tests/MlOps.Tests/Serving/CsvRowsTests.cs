using System.Text.Json;

namespace MlOps.Tests.Serving;

/// <summary>Rows that come as a CSV table.</summary>
public sealed class CsvRowsTests(SharedService shared) : IClassFixture<SharedService>
{
    private readonly RunningService _service = shared.Service;

    [Theory]
    [InlineData("hour,temperature,weekend,at\n8,12.5,true,2024-01-31T12:00:00Z\n9,,false,\n", """[{"hour": "8", "temperature": 12.5, "weekend": true, "at": "2024-01-31T12:00:00Z"}, {"hour": "9", "weekend": false}]""")]
    [InlineData("temperature,hour\r\n-1e3,8", """[{"temperature": -1000, "hour": "8"}]""")]
    [InlineData("\"hour\",\"temperature\"\n\"8\",\"1\"\n", """[{"hour": "8", "temperature": 1}]""")]
    [InlineData("\ufeffhour\n08\n8\n", """[{"hour": "08"}, {"hour": "8"}]""")]
    public async Task They_mean_what_the_same_rows_do_as_JSON(string table, string rows)
    {
        var (status, body) = await PostAsync("/score/bikes", table);
        Assert.True(status == 200, body);
        Assert.Equal((await _service.PostAsync("/score/bikes", rows)).Body, body);
    }

    [Fact]
    public async Task They_are_explained_as_well()
    {
        var (status, body) = await PostAsync("/score/tickets?explain=true", "subject\n\"my invoice, twice\"\n");
        Assert.Equal(200, status);
        Assert.Equal(1, JsonDocument.Parse(body).RootElement.GetProperty("explanations").GetArrayLength());
    }

    [Theory]
    [InlineData("/score/bikes", "hours\n8\n", 400, "no column 'hours'; did you mean 'hour'?")]
    [InlineData("/score/bikes", "rentals\n8\n", 400, "is what the model predicts")]
    [InlineData("/score/bikes", "temperature\nwarm\n", 400, "row 1: column 'temperature'")]
    [InlineData("/score/bikes", "hour,hour\n8,9\n", 400, "no CSV table")]
    [InlineData("/score/bikes", "hour,temperature\n8\n", 400, "line 2")]
    [InlineData("/score/bikes", "hour\n\"8\n", 400, "no CSV table")]
    [InlineData("/score/bikes", "hour\n", 400, "no rows")]
    [InlineData("/score/bikes", "", 400, "no CSV table")]
    [InlineData("/score", "hour\n8\n", 400, "several models are served")]
    [InlineData("/v2/models/bikes/infer", "hour\n8\n", 415, "send JSON in UTF-8")]
    public async Task What_is_wrong_with_them_is_said(string path, string table, int status, string reason)
    {
        var (found, body) = await PostAsync(path, table);
        Assert.Equal(status, found);
        Assert.Contains(reason, body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task There_may_be_as_many_as_in_JSON()
    {
        var rows = string.Concat(Enumerable.Repeat("8\n", 10_000));
        Assert.Equal(200, (await PostAsync("/score/bikes", "hour\n" + rows)).Status);
        Assert.Equal(413, (await PostAsync("/score/bikes", "hour\n8\n" + rows)).Status);
    }

    private async Task<(int Status, string Body)> PostAsync(string path, string table)
    {
        using var content = new StringContent(table, System.Text.Encoding.UTF8, "text/csv");
        using var answer = await _service.Http.PostAsync(new Uri(path, UriKind.Relative), content);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
